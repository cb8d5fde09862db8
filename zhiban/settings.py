"""Settings: one frozen object, read once from the environment (``ZHIBAN_*``)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from zhiban.errors import ErrorCode, ZhibanError

ROOT = Path(__file__).resolve().parent.parent

Access = Literal["auto", "token", "open"]


@dataclass(frozen=True)
class Settings:
    """Where things are and how they behave; the defaults run on one machine with nothing else.

    Every field is read from ``ZHIBAN_<FIELD IN CAPITALS>``. Ports are TCP. URLs left empty mean
    the embedded service that the supervisor starts.
    """

    data_dir: Path = ROOT / "var"
    site_dir: Path = ROOT / "site" / "sample"
    host: str = "127.0.0.1"
    gateway_port: int = 8080
    desk_port: int = 8081
    voice_port: int = 8083
    actions_port: int = 5055
    rasa_port: int = 5005
    redis_port: int = 6399
    redis_url: str = ""
    database_url: str = ""
    rasa_url: str = ""
    actions_url: str = ""
    voice_url: str = ""
    gateway_public_url: str = ""
    """Base URL of this gateway node as agents' browsers reach it."""
    access: Access = "auto"
    """Who may use the machine interfaces: see zhiban.access."""
    recogniser: Literal["auto", "vosk", "whisper"] = "auto"
    vosk_dir: str = ""
    """Folder of another Vosk model to use, a larger Chinese one say."""
    online_voice: bool = True
    """Use edge-tts when it answers in time; the packaged voice is always the fallback."""
    edge_voice: str = "zh-CN-XiaoxiaoNeural"
    edge_url: str = ""
    """Override of the online voice's endpoint, for tests at the wire protocol."""
    smtp_url: str = ""
    """Mail server for alarms: smtp[s]://user:password@host:port?from=…&starttls=1; none if empty."""
    notify_mail: str = ""
    """Addresses that get alarms by mail, with commas between them."""
    sip_listen: str = ""
    """Address and port of the built-in SIP user agent, 192.168.1.10:5060; none if empty.

    What else it needs to know is in ``ZHIBAN_SIP_…``: see voice_gateway.sip.settings.
    """
    sip_health_port: int = 8084
    recordings: bool = True
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the environment.

        Raises:
            ZhibanError: BAD_SETTING, naming the variable and what is expected.
        """
        settings = cls(**read_fields(cls, "ZHIBAN_", env))
        if settings.access not in ("auto", "token", "open"):
            raise _bad("ZHIBAN_ACCESS", "auto, token or open")
        if settings.recogniser not in ("auto", "vosk", "whisper"):
            raise _bad("ZHIBAN_RECOGNISER", "auto, vosk or whisper")
        return settings

    def to_env(self) -> dict[str, str]:
        """Return the variables that make a child process read the same settings."""
        values = {f"ZHIBAN_{f.name.upper()}": getattr(self, f.name) for f in fields(self)}
        return {
            name: ("1" if value else "0") if isinstance(value, bool) else str(value)
            for name, value in values.items()
            if value != ""
        }

    @property
    def redis(self) -> str:
        """Redis URL in use."""
        return self.redis_url or f"redis://127.0.0.1:{self.redis_port}/0"

    @property
    def database(self) -> str:
        """SQLAlchemy async URL in use; SQLite in the data directory by default."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{self.data_dir / 'zhiban.db'}"
        url = self.database_url
        for plain in ("postgresql://", "postgres://"):
            if url.startswith(plain):
                return "postgresql+asyncpg://" + url.removeprefix(plain)
        return url

    @property
    def rasa(self) -> str:
        """Base URL of the dialogue engine."""
        return self.rasa_url or f"http://127.0.0.1:{self.rasa_port}"

    @property
    def actions(self) -> str:
        """Base URL of the action server."""
        return self.actions_url or f"http://127.0.0.1:{self.actions_port}"

    @property
    def voice(self) -> str:
        """Base URL of the packaged voice."""
        return self.voice_url or f"http://127.0.0.1:{self.voice_port}"

    @property
    def gateway_url(self) -> str:
        """Base URL of this gateway node for browsers and colleagues."""
        return self.gateway_public_url or f"http://{self.host}:{self.gateway_port}"

    @property
    def recordings_dir(self) -> Path:
        """Where call recordings lie."""
        return self.data_dir / "recordings"

    @property
    def models_dir(self) -> Path:
        """Where speech models lie."""
        return self.data_dir / "models"

    @property
    def secrets_dir(self) -> Path:
        """Tokens and first-run passwords; mode 0700."""
        return self.data_dir / "secrets"


def read_fields(
    settings: type[Any], prefix: str, env: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the fields of a settings dataclass that the environment sets, parsed by their default.

    Args:
        settings: a dataclass whose fields all have plain defaults.
        prefix: stands before the field's name in capitals.
        env: the environment of this process by default.

    Raises:
        ZhibanError: BAD_SETTING, naming the variable and what is expected.
    """
    env = os.environ if env is None else env
    given: dict[str, Any] = {}
    for field in fields(settings):
        name = prefix + field.name.upper()
        raw = env.get(name)
        if raw:
            given[field.name] = _parse(name, raw, field.default)
    return given


def _bad(name: str, expected: str) -> ZhibanError:
    return ZhibanError(f"{name}: 应为 {expected} / must be {expected}", code=ErrorCode.BAD_SETTING)


def _parse(name: str, raw: str, default: object) -> object:
    if isinstance(default, bool):
        if raw.lower() in ("1", "true", "yes", "on"):
            return True
        if raw.lower() in ("0", "false", "no", "off"):
            return False
        raise _bad(name, "1 或 0")
    if isinstance(default, int):
        is_port = name.endswith("_PORT")
        if not raw.isdigit() or not int(is_port) <= int(raw) < 65536:
            raise _bad(name, "1-65535 的端口号 (a port number)" if is_port else "0-65535")
        return int(raw)
    if isinstance(default, Path):
        return Path(raw).expanduser().resolve()
    return raw
