# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a value outside the procedure is refused, the same everywhere."""

from __future__ import annotations

import datetime as dt
import typing as t

from .._base._errors import NamingError
from .._base._printable import one_line

STYLES = ("compact", "dashed")
SHOWN_CHARACTERS = 60


def shown(value: object) -> str:
    """The value as printable ASCII of at most 60 characters; of what is not simple, the type."""
    text = f"<a value of type {type(value).__name__}>"
    if value is None or isinstance(value, (str, bytes, int, float, dt.date)):
        try:
            text = ascii(value)
        except ValueError:  # Python refuses to write out an integer of thousands of digits
            text = "<a very long number>"
    return one_line(text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "...")


def refusal(field: str, value: object, allowed: str, *, code: str = "") -> NamingError:
    """The error for one field: its name, its value, and what is allowed."""
    return NamingError(f"The field '{field}' is {shown(value)}", f"Allowed: {allowed}", code=code)


def check_number(field: str, value: object, low: int, high: int, allowed: str = "") -> int:
    """An integer from low to high; a truth value is not a number."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise refusal(field, value, allowed or f"a whole number from {low} to {high}")
    return value


def check_choice(field: str, value: object, choices: t.Sequence[str], meaning: str = "") -> str:
    """One of the given texts, in exactly this spelling."""
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise refusal(field, value, f"one of {listed}" + (f" ({meaning})" if meaning else ""))
    return value


def check_style(style: object) -> str:
    """One of the two styles (P13.3)."""
    return check_choice("style", style, STYLES)
