"""The processes of an installation follow its settings."""

from pathlib import Path

import yaml

from zhiban.settings import Settings
from zhiban.supervisor import services

MODEL = Path("/models/zhiban-1.tar.gz")


def names(settings: Settings) -> set[str]:
    return {service.name for service in services.build(settings, MODEL)}


def test_everything_is_started_by_default(tmp_path: Path) -> None:
    wanted = {"redis", "gateway", "desk", "actions", "rasa", "voice"}
    assert names(Settings(data_dir=tmp_path)) == wanted


def test_what_runs_elsewhere_is_not_started(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        redis_url="redis://10.0.0.5:6379/1",
        rasa_url="http://rasa:5005",
        actions_url="http://actions:5055",
        voice_url="http://voice:8083",
    )
    assert names(settings) == {"gateway", "desk"}


def test_every_port_has_the_setting_that_changes_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    known = {f"ZHIBAN_{field.upper()}" for field in Settings.__dataclass_fields__}
    found = [port for s in services.build(settings, MODEL) for port in s.ports]
    assert len({port.number for port in found}) == len(found) == 6
    for port in found:
        assert port.setting in known
        changed = Settings.from_env({port.setting: "23456", "ZHIBAN_DATA_DIR": str(tmp_path)})
        after = {p.number for s in services.build(changed, MODEL) for p in s.ports}
        assert 23456 in after and port.number not in after


def test_only_the_pages_listen_beyond_this_machine(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, host="0.0.0.0")
    open_to_all = {
        s.name for s in services.build(settings, MODEL) for p in s.ports if p.host == "0.0.0.0"
    }
    assert open_to_all == {"gateway", "desk"}


def test_engine_keeps_conversations_where_the_settings_say(tmp_path: Path) -> None:
    url = "rediss://bot:p%40ss@redis.local:6380/2"
    services.lay_out(Settings(data_dir=tmp_path, redis_url=url, actions_url="http://a:1"))
    path = tmp_path / "run" / "endpoints.yml"
    endpoints = yaml.safe_load(path.read_text())
    assert endpoints["action_endpoint"] == {"url": "http://a:1/webhook"}
    for store in (endpoints["tracker_store"], endpoints["lock_store"]):
        assert store["url"] == "redis.local" and store["port"] == 6380 and store["db"] == 2
        assert store["username"] == "bot" and store["password"] == "p@ss" and store["use_ssl"]
    assert path.stat().st_mode & 0o077 == 0, "it may hold a password"
