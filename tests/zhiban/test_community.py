"""A site's mistakes stop the start with the name of the field."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support.site import write_site
from zhiban.community import load_community
from zhiban.errors import ErrorCode, ZhibanError


@pytest.mark.parametrize("field", ["inquiry_default_band", "unsatisfied_band"])
def test_a_time_that_cannot_be_kept_is_not_promised(tmp_path: Path, field: str) -> None:
    site = write_site(tmp_path)
    path = site / "deadlines.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for good in ("30分钟", "2小时", "3个工作日"):
        path.write_text(yaml.safe_dump(content | {field: good}), encoding="utf-8")
        assert getattr(load_community(site).deadlines, field) == good
    path.write_text(yaml.safe_dump(content | {field: "尽快"}), encoding="utf-8")
    with pytest.raises(ZhibanError, match=field) as refused:
        load_community(site)
    assert refused.value.code is ErrorCode.SITE_DATA_INVALID
