# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an event of the journal must look like before anything is made of it.

A right chain of hashes shows that no line was changed alone; it does not show
that we wrote the lines. What no run of ours writes is not believed. Keys that
are not known are left out: a newer collection may have written them. Texts
are made printable.
"""

from __future__ import annotations

import math
import re
import typing as t

from .._base._printable import harmless

Data = t.Mapping[str, t.Any]
_Check = t.Callable[[t.Any], bool]
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_LARGEST = 1 << 63
_LONGEST = 4096
_MOST = 10_000


class UnfitEntryError(ValueError):
    """An entry of the journal that no run of ours writes."""


def is_run_id(value: t.Any) -> bool:
    """Whether this may be the identifier of a run, which names files."""
    return isinstance(value, str) and _RUN_ID.match(value) is not None


def _text(value: t.Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST


def _name(value: t.Any) -> bool:
    return _text(value) and "/" not in value and value not in (".", "..")


def _text_or_none(value: t.Any) -> bool:
    return value is None or _text(value)


def _long_text(value: t.Any) -> bool:
    return isinstance(value, str)


def _texts(value: t.Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) <= _MOST and all(isinstance(item, str) for item in value)


def _status(value: t.Any) -> bool:
    """An exit status, negative for the signal that ended the program; None while it runs."""
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 16)


def _flag(value: t.Any) -> bool:
    return isinstance(value, bool)


def _whole(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST


def _whole_or_none(value: t.Any) -> bool:
    return value is None or _whole(value)


def _seconds(value: t.Any) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value < 1e15
    )


def _seconds_or_none(value: t.Any) -> bool:
    return value is None or _seconds(value)


def _error(value: t.Any) -> bool:
    """Code, message, remedy and a detail, which may be long."""
    return value is None or (isinstance(value, dict) and all(isinstance(item, str) for item in value.values()))


def _mappings(value: t.Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) <= _MOST and all(isinstance(item, dict) for item in value)


_ABOUT: t.Mapping[str, _Check] = {"run": is_run_id, "source": _text, "frequency": _text}
_JOB: t.Mapping[str, _Check] = {
    "source": _text,
    "type": _text,
    "frequency": _text,
    "night": _text,
    "slot": _text,
    "late": _flag,
}
_RESULT: t.Mapping[str, _Check] = {
    "name": _name,
    "outcome": _text,
    "started": _text,
    "ended": _text,
    "seconds": _seconds,
    "plain_bytes": _whole,
    "stored_bytes": _whole,
    "rows": _whole_or_none,
    "plausible": _flag,
    "error": _error,
    "findings": _mappings,
}
_COPY: t.Mapping[str, _Check] = {
    "medium": _text,
    "building": _text_or_none,
    "outcome": _text_or_none,
    "at": _text_or_none,
    "seconds": _seconds_or_none,
    "error": _error,
}
_HOOK: t.Mapping[str, _Check] = {"run": is_run_id, "kind": _text, "name": _text, "when": _text, "night": _text}
_HOOK_MORE: t.Mapping[str, _Check] = {
    "words": _texts,
    "sources": _texts,
    "started": _text,
    "ended": _text,
    "outcome": _text,
    "status": _status,
    "seconds": _seconds,
    "said": _long_text,
    "by": _text,
    "in_run": _text,
    "error": _error,
}


def run_started(data: Data) -> tuple[str, str, list[dict[str, t.Any]]]:
    """The run, its mode and its jobs. Each of these raises `UnfitEntryError`."""
    found = _taken(data, {"run": is_run_id, "mode": _text, "jobs": _mappings}, {})
    return found["run"], found["mode"], [_taken(job, _JOB, {"group": _text}) for job in found["jobs"]]


def about(data: Data) -> dict[str, t.Any]:
    """Which attempt is meant: run, source, frequency."""
    return _taken(data, _ABOUT, {})


def result(data: Data) -> dict[str, t.Any]:
    """What an event says of an attempt."""
    return _taken(data, {}, _RESULT)


def copy(data: Data) -> dict[str, t.Any]:
    """What became of one copy; what is not said is None."""
    found = _taken(data, {"medium": _text}, _COPY)
    return {key: found.get(key) for key in _COPY}


def run_ended(data: Data) -> tuple[str, t.Any]:
    """The run, and why it was interrupted."""
    found = _taken(data, {"run": is_run_id}, {"error": _error})
    return found["run"], found.get("error")


def hook(data: Data) -> dict[str, t.Any]:
    """What an event says of one run of a hook."""
    return {"words": [], "sources": [], **_taken(data, _HOOK, _HOOK_MORE)}


def unplanned(data: Data) -> list[dict[str, str]]:
    """Databases that stand in no plan."""
    found = _taken(data, {"unplanned": _mappings}, {})["unplanned"]
    if not all(_text(value) for item in found for value in item.values()):
        raise UnfitEntryError("unplanned")
    return list(found)


def _taken(data: Data, required: t.Mapping[str, _Check], optional: t.Mapping[str, _Check]) -> dict[str, t.Any]:
    missing = [key for key in required if key not in data]
    checks = {**optional, **required}
    unfit = [key for key, check in checks.items() if key in data and not check(data[key])]
    if missing or unfit:
        raise UnfitEntryError((missing + unfit)[0])
    return {key: harmless(data[key]) for key in checks if key in data}
