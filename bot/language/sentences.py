"""Cutting what the bot says into pieces that are synthesised and played one by one.

The first piece is short so that sound starts early; a piece never ends inside a
number or a group of digits read aloud (TAX-127).
"""

from __future__ import annotations

import re

FIRST_PIECE = 14
LONGEST_PIECE = 60
_SENTENCE_ENDS = "。！？!?；;…\n"
_CLAUSE_ENDS = "，,、：:"
_DIGITS = frozenset("0123456789零〇一幺二两三四五六七八九")
_CLOSERS = "”’」』）)】》\"'"


def split_sentences(text: str) -> list[str]:
    """Sentences with their end marks; nothing but white space is lost."""
    pieces: list[str] = []
    start = place = 0
    while place < len(text):
        if text[place] in _SENTENCE_ENDS and not _within_number(text, place):
            stop = place + 1
            while stop < len(text) and (text[stop] in _SENTENCE_ENDS or text[stop] in _CLOSERS):
                stop += 1
            pieces.append(text[start:stop])
            start = place = stop
            continue
        if text[place] == "." and not _within_number(text, place) and _ends_word(text, place):
            pieces.append(text[start : place + 1])
            start = place + 1
        place += 1
    pieces.append(text[start:])
    return [piece.strip() for piece in pieces if piece.strip()]


def split_clauses(sentence: str) -> list[str]:
    """Clauses of one sentence with their marks; groups of digits stay together."""
    pieces: list[str] = []
    start = 0
    for place, character in enumerate(sentence):
        if character in _CLAUSE_ENDS and not _within_number(sentence, place):
            pieces.append(sentence[start : place + 1])
            start = place + 1
    pieces.append(sentence[start:])
    return [piece.strip() for piece in pieces if piece.strip()]


def speech_pieces(
    text: str, *, first: int = FIRST_PIECE, longest: int = LONGEST_PIECE
) -> list[str]:
    """Pieces for synthesis: sentences, the first cut after a clause, over-long ones at clauses.

    Args:
        text: What is to be said.
        first: Most characters in the first piece, where a clause boundary allows.
        longest: Most characters in any piece, where a clause boundary allows.
    """
    pieces: list[str] = []
    for sentence in split_sentences(text):
        limit = longest if pieces else first
        if len(sentence) <= limit:
            pieces.append(sentence)
            continue
        clauses = split_clauses(sentence)
        current = ""
        for clause in clauses:
            limit = longest if pieces else first
            if current and len(current) + len(clause) > limit:
                pieces.append(current)
                current = clause
            else:
                current += clause
        if current:
            pieces.append(current)
    return [piece for piece in pieces if re.search(r"\w", piece)] or (
        [text.strip()] if text.strip() else []
    )


def _within_number(text: str, place: int) -> bool:
    """A mark between two digits, as in 3.5 or 一三八，零零一一, belongs to the number."""
    before = place - 1
    after = place + 1
    while after < len(text) and text[after] == " ":
        after += 1
    if before < 0 or after >= len(text):
        return False
    if text[place] in "。！？!?\n":
        return False
    return text[before] in _DIGITS and text[after] in _DIGITS


def _ends_word(text: str, place: int) -> bool:
    return place + 1 == len(text) or text[place + 1] in " \n"
