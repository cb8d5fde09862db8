"""What the bot may say, before anybody hears it."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from zhiban.settings import ROOT, Settings
from zhiban.setup.training import rasa_env, rasa_python, training_data

DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
TEXTS = [
    (name, variant["text"])
    for name, variants in DOMAIN["responses"].items()
    for variant in variants
]
# SCR-011…014, as whole thoughts: single words like 不知道 may stand in a proper sentence.
FORBIDDEN = re.compile(
    r"不可能|没办法|立刻就能解决|保证.{0,4}满意|不是我们部门|找别人|再问问|不清楚|不管我事|急什么|烦死|"
    r"你问我|我不管|真烦|处理不了|讲了半天|听懂没有|快点说|^喂|你"
)


@pytest.mark.parametrize(("name", "text"), TEXTS, ids=[name for name, _ in TEXTS])
def test_responses_are_fit_to_be_spoken(name: str, text: str) -> None:
    spoken = re.sub(r"\{\w+\}", "", text)
    assert not FORBIDDEN.search(spoken), "forbidden phrase (SCR-011…014), or 你 for 您"
    assert not re.search(r"[A-Za-z0-9]", spoken), "the packaged voice cannot say it"
    assert all(len(s) <= 60 for s in re.split(r"[。？！]", spoken)), "too long for the ear"


def _used_responses() -> set[str]:
    used: set[str] = set()
    for path in (ROOT / "actions").rglob("*.py"):
        used |= set(re.findall(r'"(utter_\w+)"', path.read_text(encoding="utf-8")))
    return used


def test_every_response_the_actions_name_exists() -> None:
    assert _used_responses() <= set(DOMAIN["responses"])


def test_every_action_of_the_domain_is_served() -> None:
    from actions.server import ACTIONS

    assert {action.action_name for action in ACTIONS} == set(DOMAIN["actions"])


def test_every_intent_has_examples_and_no_example_has_two() -> None:
    seen: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for path in sorted((ROOT / "nlu_data" / "nlu").rglob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            examples = [line[2:] for line in entry["examples"].splitlines()]
            counts[entry["intent"]] += len(examples)
            for example in examples:
                assert seen.setdefault(example, entry["intent"]) == entry["intent"], example
    assert set(counts) == set(DOMAIN["intents"])
    assert min(counts.values()) >= 30


def test_answers_of_the_sample_site_are_fit_to_be_spoken() -> None:
    path: Path = ROOT / "site" / "sample" / "answers.yml"
    for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["answers"]:
        assert not FORBIDDEN.search(entry["answer"]), entry["key"]


def test_rasa_finds_nothing_wrong_with_the_training_data() -> None:
    """Its one complaint, responses outside of stories, is how we work: actions say them."""
    argv = [str(rasa_python()), "-m", "rasa", "data", "validate", "--domain", "domain.yml"]
    argv += ["--config", "config.yml", "--data", *map(str, training_data())]
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env={**os.environ, **rasa_env(Settings.from_env())},
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-3000:]
    complaints = [
        line
        for line in output.splitlines()
        if ("UserWarning" in line or " WARNING " in line or " ERROR " in line)
        and "is not used in any story or rule" not in line
    ]
    assert complaints == []
