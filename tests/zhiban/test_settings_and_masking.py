"""Settings, masking, access: small things with large consequences."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from zhiban.access import api_token, is_trusted, same_origin
from zhiban.community import load_community
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.masking import MaskingFilter, mask_name, mask_phone, mask_text
from zhiban.settings import ROOT, Settings


def test_a_child_reads_the_same_settings() -> None:
    """What the supervisor passes on means the same there."""
    settings = Settings(gateway_port=9000, online_voice=False, data_dir=Path("/srv/zhiban"))
    assert Settings.from_env(settings.to_env()) == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZHIBAN_GATEWAY_PORT", "80800"),
        ("ZHIBAN_GATEWAY_PORT", "web"),
        ("ZHIBAN_RECORDINGS", "maybe"),
        ("ZHIBAN_ACCESS", "everybody"),
        ("ZHIBAN_RECOGNISER", "ears"),
    ],
)
def test_a_bad_setting_names_itself(name: str, value: str) -> None:
    """One clear line with the variable's name."""
    with pytest.raises(ZhibanError) as refused:
        Settings.from_env({name: value})
    assert refused.value.code is ErrorCode.BAD_SETTING
    assert name in refused.value.message


def test_postgresql_urls_get_the_async_driver() -> None:
    """People paste the URL their host gives them."""
    settings = Settings.from_env({"ZHIBAN_DATABASE_URL": "postgres://u:p@db/zhiban"})
    assert settings.database == "postgresql+asyncpg://u:p@db/zhiban"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("13812345678", "138****5678"),
        ("请回电13812345678谢谢", "请回电138****5678谢谢"),
        ("029-88880000", "029-****0000"),
        ("工单RP20260101001", "工单RP20260101001"),
    ],
)
def test_phone_numbers_are_masked_wherever_they_stand(text: str, masked: str) -> None:
    """SEC-005."""
    assert mask_text(text) == masked


def test_names_and_short_numbers_are_masked() -> None:
    """SEC-005."""
    assert (mask_name("李建国"), mask_phone("110"), mask_phone(None)) == ("李**", "***", "")


def test_no_log_line_shows_a_number(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever wrote the message."""
    caplog.handler.addFilter(MaskingFilter())
    with caplog.at_level(logging.INFO):
        logging.getLogger("any").info("caller %s said %s", "13812345678", "打13987654321")
    assert "138****5678" in caplog.text
    assert "13987654321" not in caplog.text


_LOCAL = {"Host": "127.0.0.1:8080"}


@pytest.mark.parametrize(
    ("access", "headers", "trusted"),
    [
        ("auto", _LOCAL, True),
        ("auto", {"Host": "hotline.example.com"}, False),
        ("auto", {**_LOCAL, "X-Forwarded-For": "203.0.113.9"}, False),
        ("auto", {**_LOCAL, "Origin": "https://evil.example"}, False),
        ("auto", {**_LOCAL, "Origin": "http://127.0.0.1:8080"}, True),
        ("token", _LOCAL, False),
        ("token", {**_LOCAL, "Authorization": "Bearer secret"}, True),
        ("token", {**_LOCAL, "Authorization": "Bearer guess"}, False),
        ("open", {"Host": "hotline.example.com"}, True),
    ],
)
def test_who_may_use_the_machine_interfaces(
    access: str, headers: dict[str, str], trusted: bool
) -> None:
    """Open to this machine itself, a token from anywhere else."""
    request = make_mocked_request("GET", "/v1/text", headers=headers)
    request = request.clone(remote="127.0.0.1")
    settings = Settings(access=access)  # type: ignore[arg-type]
    assert is_trusted(request, settings, "secret") is trusted


def test_another_machine_needs_the_token() -> None:
    """Loopback name, but a peer from elsewhere."""
    request = make_mocked_request("GET", "/v1/text", headers=_LOCAL).clone(remote="192.0.2.7")
    assert not is_trusted(request, Settings(), "secret")
    assert same_origin(request)


def test_the_token_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """Secrets never in the repo, never readable by others."""
    settings = Settings(data_dir=tmp_path)
    token = api_token(settings)
    assert len(token) >= 32
    assert api_token(settings) == token
    assert stat.S_IMODE((tmp_path / "secrets" / "api_token").stat().st_mode) == 0o600


def test_the_sample_community_is_complete() -> None:
    """A newcomer's first call uses it."""
    community = load_community(ROOT / "site" / "sample")
    resident = community.resident_by_phone("13812345678")
    assert resident is not None
    assert (resident.building, resident.unit, resident.room) == ("5", "2", "1001")
    building = next(b for b in community.buildings if b.name == "5")
    assert "1001" in building.units[1].rooms
    assert community.department_for("leak") == "工程部"
    assert community.chain_for("fire")[0].role == "agent"
    assert community.chain_for("manager")[0].role == "leader"
    third, first = community.chain_for("fire", 3), community.chain_for("power_fault", 1)
    assert third == community.escalation["level3"]
    assert first == community.escalation["default"]
    assert community.crew.skills_of("agent").suit("fire", "zh")


@pytest.mark.parametrize(
    ("file", "content", "hint"),
    [
        ("phrases.yml", "greeting: 您好\n", "reassure_fire"),
        ("escalation.yml", "chains: {default: [{role: robot, label: x}]}\n", "robot"),
        (
            "escalation.yml",
            "chains: {default: [{role: agent, label: x, ring_seconds: 300}]}\n",
            "ring_seconds",
        ),
        (
            "escalation.yml",
            "agents: {wang: {capacity: 0}}\nchains: {default: [{role: agent, label: x}]}\n",
            "capacity",
        ),
        ("community.yml", "name: [\n", "community.yml"),
        ("residents.yml", "residents: [{name: 李明}]\n", "phone"),
    ],
)
def test_bad_site_data_says_what_is_wrong(
    tmp_path: Path, file: str, content: str, hint: str
) -> None:
    """Bad input gets a clear message."""
    for path in (ROOT / "site" / "sample").glob("*.yml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(ZhibanError) as refused:
        load_community(tmp_path)
    assert hint in refused.value.message
