"""How trunks write the calling number."""

from __future__ import annotations

import pytest

from voice_gateway.call.numbers import calling_number
from voice_gateway.sip.numbers import Numbers, numbers_of


@pytest.mark.parametrize(
    ("claimed", "number"),
    [
        ("13812345678", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("008613812345678", "13812345678"),
        ("013812345678", "13812345678"),
        ("+862161234567", "02161234567"),
        ("+8602161234567", "02161234567"),
        ("02161234567", "02161234567"),
        ("8001", "8001"),
        ("110", "110"),
        ("8612345", "8612345"),
        ("+14155550100", "+14155550100"),
        ("anonymous", ""),
        ("12", ""),
        ("1" * 16, ""),
        (None, ""),
        (13812345678, "13812345678"),
    ],
)
def test_one_number_however_it_is_written(claimed: object, number: str) -> None:
    assert calling_number(claimed) == number


def test_a_pbx_says_what_was_dialled_and_its_own_id_of_the_call() -> None:
    headers = {
        "From": '"anonymous" <sip:8613812345678@10.0.0.1>;tag=a',
        "To": "<sip:8000@10.0.0.2>",
        "X-DID": "+862161234567",
        "X-PBX-Call": " 1732279200.17 ",
    }
    assert numbers_of(headers) == Numbers("13812345678", "02161234567", "1732279200.17")
    assert numbers_of({**headers, "X-PBX-Call": "a b\r\nVia: x"}).pbx_call == ""
