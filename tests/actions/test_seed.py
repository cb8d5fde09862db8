"""Loading the site into the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from actions.resources import Resources
from actions.seed import seed
from zhiban.community.answers import read_answers
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.store.models import Resident, StandardAnswer


async def _answer(resources: Resources, key: str) -> str:
    async with resources.engine.connect() as connection:
        found = await connection.execute(
            select(StandardAnswer.answer).where(StandardAnswer.key == key)
        )
        return str(found.scalar_one())


async def test_seeding_again_changes_nothing(resources: Resources) -> None:
    done = await seed(resources.engine, resources.community, resources.settings.site_dir)
    assert (done.residents, done.answers) == (0, 0)
    async with resources.engine.connect() as connection:
        count = await connection.execute(select(func.count()).select_from(Resident))
        assert count.scalar_one() == len(resources.community.residents)


async def test_an_admins_change_wins_unless_forced(resources: Resources) -> None:
    async with resources.engine.begin() as connection:
        await connection.execute(
            update(StandardAnswer)
            .where(StandardAnswer.key == "pets")
            .values(answer="管理员改过的答复。", source="admin")
        )
    site = resources.settings.site_dir
    await seed(resources.engine, resources.community, site)
    assert await _answer(resources, "pets") == "管理员改过的答复。"
    done = await seed(resources.engine, resources.community, site, force=True)
    assert done.answers == 1
    assert "牵绳" in await _answer(resources, "pets")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("answers: [{key: a, category: fee_inquiry, questions: [问], answer: ''}]", "a"),
        ("answers: [{key: b, category: nonsense, questions: [问], answer: 答}]", "nonsense"),
        ("answers: {}", "answers"),
    ],
)
def test_a_wrong_file_names_the_entry(tmp_path: Path, content: str, named: str) -> None:
    path = tmp_path / "answers.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ZhibanError) as caught:
        read_answers(path)
    assert caught.value.code is ErrorCode.SITE_DATA_INVALID
    assert named in caught.value.message
