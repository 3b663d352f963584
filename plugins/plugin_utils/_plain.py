# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Foreign data at the border: plain Python values, harmless text, tolerant readers.

Facts come from hosts that may be broken or hostile. What a reader cannot use
becomes the neutral value of its kind, so that one bad host never hides the
report of the others.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import typing as t

# Escape sequences, control characters, and marks that turn the direction of text.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)", re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
# No size, count or duration of ours is larger; beyond it arithmetic on foreign numbers overflows.
_LARGEST = 10**18
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def clean(text: str) -> str:
    """Text without terminal escapes, control characters and direction marks; newlines and tabs stay."""
    if text.isprintable():
        return text
    text = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text))


def one_line(text: str) -> str:
    return " ".join(text.split())


def plain(value: t.Any) -> t.Any:
    """A deep copy of builtin types only: no tagged, lazy or marked values, every text cleaned."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean(str.__str__(value))
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, t.Mapping):
        return {clean(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return clean(str(value))


def text(data: t.Mapping[str, t.Any], key: str, default: str = "") -> str:
    value = data.get(key)
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return default


def block(data: t.Mapping[str, t.Any], key: str) -> str:
    """Text of several lines."""
    value = data.get(key)
    return value.strip() if isinstance(value, str) else ""


def number(data: t.Mapping[str, t.Any], key: str) -> float | None:
    """A number from 0 to a million million million, else None."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if 0 <= value <= _LARGEST else None


def count(data: t.Mapping[str, t.Any], key: str) -> int | None:
    value = number(data, key)
    return None if value is None else int(value)


def flag(data: t.Mapping[str, t.Any], key: str, default: bool = False) -> bool:
    value = data.get(key)
    return value if isinstance(value, bool) else default


def mapping(data: t.Mapping[str, t.Any], key: str) -> dict[str, t.Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def mappings(data: t.Mapping[str, t.Any], key: str) -> list[dict[str, t.Any]]:
    value = data.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(data: t.Mapping[str, t.Any], key: str) -> list[str]:
    value = data.get(key)
    return [one_line(item) for item in value if isinstance(item, str)] if isinstance(value, list) else []


def moment(value: t.Any) -> dt.datetime | None:
    """A point in time from ISO 8601 text; one without an offset is UTC."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        found = dt.datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", value.strip()))
        found = found if found.tzinfo else found.replace(tzinfo=dt.timezone.utc)
        found = found.astimezone(dt.timezone.utc)
    except (ValueError, OverflowError):
        return None
    return found if 1900 <= found.year <= 9900 else None


def day(value: t.Any) -> dt.date | None:
    """A date from YYYY-MM-DD within the years that the naming rule knows (P13.2)."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
        return None
    try:
        found = dt.date.fromisoformat(value.strip())
    except ValueError:
        return None
    return found if 1900 <= found.year <= 9900 else None


def iso(value: dt.datetime | None) -> str:
    """UTC in the form of the facts, empty for None."""
    return value.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""
