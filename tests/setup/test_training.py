"""Training: once per change of the sources, and a model is there wholly or not at all.

The engine is stood in for by a small program, so that the order of things can be seen in
milliseconds; `make test` trains the real one before any test runs.
"""

import io
from pathlib import Path

import pytest
import yaml

from zhiban.settings import Settings
from zhiban.setup import training
from zhiban.setup.faults import SetupCode, SetupError
from zhiban.setup.lessons import write_lessons
from zhiban.setup.progress import Progress

TRAINER = """#!/bin/sh
printf '%s\\n' "$@" > "{log}"
echo "Starting to train component 'Featurizer'."
while [ $# -gt 0 ]; do
    [ "$1" = --out ] && out=$2
    shift
done
test -n "$RASA_CACHE_DIRECTORY" || exit 9
{ending}
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project instead of ours, so that its sources can be changed."""
    root = tmp_path / "project"
    for name in ("domain.yml", "config.yml", "bot/part.py", "nlu_data/rules.yml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    for name in ("frozen", "dev"):
        (root / "nlu_data" / name).mkdir()
        (root / "nlu_data" / name / "secret.yml").write_text("evaluation")
    monkeypatch.setattr(training, "ROOT", root)
    return root


def use_trainer(folder: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> Path:
    program, log = folder / "python", folder / "arguments"
    program.write_text(TRAINER.format(log=log, ending=ending))
    program.chmod(0o755)
    monkeypatch.setenv("ZHIBAN_RASA_PYTHON", str(program))
    return log


async def train(settings: Settings, *, again: bool = False) -> tuple[Path, str]:
    stream = io.StringIO()
    with Progress(stream).step("train") as step:
        model = await training.train(settings, step, again=again)
    return model, step.note


async def test_trained_once_and_again_after_a_change(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = use_trainer(tmp_path, monkeypatch, 'echo model > "$out/new.tar.gz"')
    settings = Settings(data_dir=tmp_path / "var")
    first, _ = await train(settings)
    assert first.read_text() == "model\n"
    log.unlink()
    same, note = await train(settings)
    assert same == first and not log.exists() and "unchanged" in note
    (sources / "bot" / "part.py").write_text("changed")
    second, _ = await train(settings)
    assert second != first and log.exists()
    assert training.newest_model(settings) == second
    for number in range(3):
        (sources / "domain.yml").write_text(f"changed {number}")
        newest, _ = await train(settings)
    kept = list(first.parent.iterdir())
    assert len(kept) == 3 and newest in kept and first not in kept


async def test_evaluation_sets_are_never_trained_on(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = use_trainer(tmp_path, monkeypatch, 'echo model > "$out/new.tar.gz"')
    settings = Settings(data_dir=tmp_path / "var")
    model, _ = await train(settings)
    assert str(sources / "nlu_data" / "rules.yml") in log.read_text()
    assert "secret" not in log.read_text()
    (sources / "nlu_data" / "frozen" / "secret.yml").write_text("another evaluation")
    assert training.model_path(settings) == model


@pytest.mark.parametrize("ending", ["echo 'no such intent'; exit 2", "true"])
async def test_failed_training_leaves_the_old_model_and_nothing_else(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    use_trainer(tmp_path, monkeypatch, 'echo model > "$out/new.tar.gz"')
    settings = Settings(data_dir=tmp_path / "var")
    model, _ = await train(settings)
    use_trainer(tmp_path, monkeypatch, f'echo half > "$out/part"; {ending}')
    with pytest.raises(SetupError) as caught:
        await train(settings, again=True)
    assert caught.value.code is SetupCode.TRAINING_FAILED
    assert "train.log" in str(caught.value) and "\n" not in str(caught.value)
    assert [path.name for path in model.parent.iterdir()] == [model.name]
    assert model.read_text() == "model\n"


async def test_without_an_engine_running_nothing_is_swapped(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, rasa_url="http://127.0.0.1:9")
    assert await training.swap(settings, tmp_path / "m.tar.gz") is False


def test_no_model_yet_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        training.newest_model(Settings(data_dir=tmp_path))
    assert caught.value.code is SetupCode.MISSING_FILE
    assert "zhiban train" in caught.value.advice


def test_everything_is_taught_at_once_the_sites_questions_with_less_weight(
    tmp_path: Path,
) -> None:
    rules, voice = tmp_path / "rules.yml", tmp_path / "voice.yml"
    rules.write_text("version: '3.1'\nrules: []\n")
    voice.write_text("nlu:\n- intent: parking\n  examples: |\n    - 车停哪儿\n", encoding="utf-8")
    lessons = tmp_path / "lessons.yml"
    others = write_lessons([rules, voice], Settings.from_env({}).site_dir, lessons)
    assert others == [rules]
    first, *rest = yaml.safe_load(lessons.read_text(encoding="utf-8"))["nlu"]
    assert first == {"intent": "parking", "examples": "- 车停哪儿\n"}
    parking = next(one for one in rest if one["intent"] == "parking")
    assert "- 停车费一个月多少钱\n" in parking["examples"]
    assert all(one["metadata"] == {"weight": 0.5} for one in rest)
