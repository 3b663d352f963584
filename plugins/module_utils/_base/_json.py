# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON that may come from an enemy: refused before it costs memory or time, and before it spoils what we write."""

from __future__ import annotations

import json
import math
import re
import typing as t

# What each value costs Python is many times what it takes in the file, so values are counted first.
MOST_VALUES = 1_500_000
_MOST_DIGITS = 40
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)")


def parse_json(raw: bytes, most: int = MOST_VALUES) -> t.Any:
    """A document in UTF-8; ``ValueError``, in words, for everything that is not plain and bounded.

    Every value but the first follows one of four characters, so counting
    those, wherever they stand, bounds the number of values without making any.
    """
    if sum(raw.count(sign) for sign in (b",", b":", b"[", b"{")) > most:
        raise ValueError(f"has more than {most} values")
    try:
        text = raw.decode("utf-8")
        if "\\ud" in text or "\\uD" in text:
            _refuse_halves(text)
        return json.loads(text, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_number)
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"is not JSON ({type(problem).__name__})") from problem


def _refuse_halves(text: str) -> None:
    """Half of a pair of escapes is text that no UTF-8 can hold: who writes it again would fail."""
    expected = False
    end = 0
    for match in _ESCAPE.finditer(text):
        number = int(match[1], 16) if match[1] else 0
        low = 0xDC00 <= number <= 0xDFFF
        if expected != low or (expected and match.start() != end):
            raise ValueError("half a character")
        expected = 0xD800 <= number <= 0xDBFF
        end = match.end()
    if expected:
        raise ValueError("half a character")


def _integer(text: str) -> int:
    """Turning a number of a million digits into an integer would take hours."""
    if len(text) > _MOST_DIGITS:
        raise ValueError("a number is too long")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _refuse_constant(text: str) -> t.NoReturn:
    raise ValueError(text)
