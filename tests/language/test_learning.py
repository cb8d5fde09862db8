"""What the models learn from, and the file they are kept in."""

from pathlib import Path

import pytest

from bot.language.emergency.learned import WEIGHTS, learned_layer
from bot.language.fragments import fragments_of
from bot.language.intents import IntentReader
from bot.language.linear import read_model, softmax, write_model
from bot.language.pinyin import sounds_of
from bot.learning.corpus import digest, read_corpus
from bot.learning.garble import Garbler
from bot.learning.groups import group_of
from zhiban.settings import ROOT

DATA = ROOT / "nlu_data"
ROWS = {"a火": [2.0, -1.0], "b水": [-0.5, 0.25]}


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    write_model(path, ["fire", "water"], [0.1, -0.1], ROWS, "mark")
    return path


def test_a_model_comes_back_as_it_was_written(model_file: Path) -> None:
    model = read_model(model_file.read_bytes())
    assert (model.labels, model.source) == (("fire", "water"), "mark")
    step = 2.0 / 127
    fire, water = model.scores({"a火"})
    assert fire == pytest.approx(0.1 + 2.0, abs=step) and water == pytest.approx(-1.1, abs=step)
    # Unknown fragments say nothing, but make the text longer.
    fire, _ = model.scores({"a火", "x", "y", "z"})
    assert fire == pytest.approx(0.1 + 1.0, abs=step)
    assert model.scores(set()) == [0.1, -0.1]


def test_the_same_model_gives_the_same_bytes(model_file: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    write_model(again, ["fire", "water"], [0.1, -0.1], dict(reversed(ROWS.items())), "mark")
    assert again.read_bytes() == model_file.read_bytes()


@pytest.mark.parametrize("keep", [0, 10, 60, -1])
def test_a_damaged_model_is_named(model_file: Path, keep: int) -> None:
    with pytest.raises(ValueError, match="linear model"):
        read_model(model_file.read_bytes()[:keep])


def test_probabilities_add_up_and_sharpen() -> None:
    soft, sharp = softmax([1.0, 0.0]), softmax([1.0, 0.0], 4.0)
    assert sum(soft) == pytest.approx(1) and sharp[0] > soft[0] > 0.5
    assert softmax([1000.0, -1000.0]) == [1.0, 0.0]


def test_homophones_share_their_sounds() -> None:
    meant, heard = (fragments_of(sounds_of(text)) for text in ("着火了", "找火了"))
    assert {one[0] for one in meant & heard} >= {"a", "b", "c", "y", "z"}
    assert any(one[0] in "123" for one in meant - heard)


def test_text_not_in_chinese_has_no_intent(model_file: Path) -> None:
    reader = IntentReader(read_model(model_file.read_bytes()))
    assert reader.ranking("hello world") == [] and reader.ranking("") == []
    assert sum(chance for _, chance in reader.ranking("水")) == pytest.approx(1)


def test_evaluation_sets_are_never_learned_from() -> None:
    learned = {one.text for one in read_corpus(DATA)}
    for name in ("emergencies.tsv", "intents.tsv"):
        for folder in ("frozen", "dev"):
            header, *lines = (DATA / folder / name).read_text(encoding="utf-8").splitlines()
            column = header.split("\t").index("text")
            shared = sum(line.split("\t")[column] in learned for line in lines)
            assert shared == 0, f"{folder}/{name} shares {shared} texts with the training data"


def test_the_corpus_is_as_large_and_varied_as_demanded() -> None:
    corpus = read_corpus(DATA)
    assert len(corpus) >= 6000 and len({one.voice for one in corpus}) >= 10
    assert sum(one.intent.startswith("emergency_") for one in corpus) >= 2500


def test_the_shipped_weights_are_of_the_present_data() -> None:
    """Fails when utterances changed: run ``python -m bot.learning`` and look at zhiban eval."""
    corpus = read_corpus(DATA)
    expected = digest((one.text, group_of(one.intent)) for one in corpus)
    assert read_model(WEIGHTS.read_bytes()).source == expected
    assert learned_layer() is learned_layer()


def test_garbling_keeps_the_length_and_is_repeatable() -> None:
    texts = [one.text for one in read_corpus(DATA)[:2000]]
    one, other = Garbler(texts, 5), Garbler(texts, 5)
    copies = [one.garble(text) for text in texts]
    assert copies == [other.garble(text) for text in texts]
    assert [len(copy) for copy in copies] == [len(text) for text in texts]
    changed = sum(
        a != b for x, y in zip(copies, texts, strict=True) for a, b in zip(x, y, strict=True)
    )
    assert 0.1 < changed / sum(map(len, texts)) < 0.4
