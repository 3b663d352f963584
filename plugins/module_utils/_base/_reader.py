# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a mapping that somebody wrote, collecting every problem with its path."""

from __future__ import annotations

import difflib
import re
import typing as t

from ._printable import fits, one_line

Check = t.Callable[[str], str]
# More than any site or set has; beyond them somebody wants to keep us busy.
MOST_ITEMS = 10_000
_MOST_PROBLEMS = 200
_MOST_UNKNOWN = 20


class Problems:
    """All that is wrong with a configuration, each with the path of the value."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, path: str, text: str) -> None:
        if len(self.found) < _MOST_PROBLEMS:
            self.found.append(one_line(f"{path}: {text}", 1000))
        elif len(self.found) == _MOST_PROBLEMS:
            self.found.append("and more problems than are worth telling at once")


class Reader:
    """Takes typed values out of one mapping; what nobody took is reported by `done`."""

    def __init__(self, data: t.Any, path: str, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self._taken: set[str] = set()
        if isinstance(data, t.Mapping):
            self.data: t.Mapping[str, t.Any] = data
        else:
            self.data = {}
            self.bad("", f"must be a mapping, not {_kind(data)}")

    def bad(self, key: str, text: str) -> None:
        self.problems.add(self.at(key), text)

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if key and self.path else (key or self.path)

    def has(self, key: str) -> bool:
        return self.data.get(key) is not None

    def raw(self, key: str, default: t.Any = None) -> t.Any:
        self._taken.add(key)
        value = self.data.get(key)
        return default if value is None else value

    def text(self, key: str, default: str | None = None, *, check: Check | None = None) -> str:
        """Text that can be printed and stored; required where there is no default, empty only where that is it."""
        value = self.raw(key)
        if value is None:
            if default is None:
                self.bad(key, "is required")
            return default or ""
        if not isinstance(value, str):
            self.bad(key, f"must be text, not {_kind(value)}")
            return default or ""
        if not value and default != "":
            self.bad(key, "must not be empty")
            return default or ""
        return self._checked(key, value, check)

    def choice(self, key: str, allowed: t.Sequence[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value in allowed:
            return value
        if value:
            self.bad(key, f"{shown(value)} is not one of {', '.join(allowed)}")
        return default or ""

    def path_of(self, key: str, default: str | None = None) -> str:
        """An absolute path without ``..``."""
        value = self.text(key, default)
        if value and (not value.startswith("/") or ".." in value.split("/")):
            self.bad(key, f"{shown(value)} must be an absolute path without '..'")
            return default or ""
        return re.sub(r"/+", "/", value)

    def flag(self, key: str, default: bool) -> bool:
        value = self.raw(key, default)
        if not isinstance(value, bool):
            self.bad(key, f"must be true or false, not {shown(value)}")
            return default
        return value

    def integer(self, key: str, default: int | None, low: int, high: int) -> int:
        value = self.raw(key, default)
        if value is None:
            self.bad(key, "is required")
            return low
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.bad(key, f"{shown(value)} must be a whole number from {low} to {high}")
            return default if default is not None else low
        return value

    def words(self, key: str, *, check: Check | None = None, empty: bool = False) -> tuple[str, ...]:
        """A list of strings; an absent one is empty. With ``empty`` one string of it may be, but not the first."""
        value = self.raw(key, ())
        if isinstance(value, str) or not isinstance(value, t.Sequence):
            self.bad(key, f"must be a list, not {_kind(value)}")
            return ()
        if not self._short(key, value):
            return ()
        found: list[str] = []
        for number, item in enumerate(value):
            where = f"{key}[{number}]"
            if not isinstance(item, str) or not (item or (empty and number)):
                self.bad(where, f"must be text, not {shown(item)}")
            else:
                found.append(self._checked(where, item, check))
        return tuple(found)

    def items(self, key: str) -> list[Reader]:
        """A list of mappings, each as a reader of its own."""
        value = self.raw(key, ())
        if isinstance(value, (str, t.Mapping)) or not isinstance(value, t.Sequence):
            self.bad(key, f"must be a list, not {_kind(value)}")
            return []
        if not self._short(key, value):
            return []
        return [Reader(item, self.at(f"{key}[{number}]"), self.problems) for number, item in enumerate(value)]

    def done(self) -> None:
        """Report the keys that nobody knows, each once however often this is asked."""
        known = sorted(self._taken)
        unknown = [key for key in self.data if key not in self._taken]
        self._taken.update(unknown)
        for key in unknown[:_MOST_UNKNOWN]:
            meant = difflib.get_close_matches(shown(key).strip("'"), known, 1)
            hint = f"was {meant[0]} meant?" if meant else f"known are {', '.join(known)}"
            self.bad("", f"{shown(key)} is not an option here; {hint}")
        if len(unknown) > _MOST_UNKNOWN:
            self.bad("", f"{len(unknown) - _MOST_UNKNOWN} more keys are not options here")

    def _short(self, key: str, value: t.Sequence[t.Any]) -> bool:
        if len(value) > MOST_ITEMS:
            self.bad(key, f"has {len(value)} entries, and {MOST_ITEMS} are the most")
        return len(value) <= MOST_ITEMS

    def _checked(self, key: str, value: str, check: Check | None) -> str:
        if not fits(value):
            self.bad(key, f"{shown(value)} has a control character or a byte that is not UTF-8")
            return ""
        if check is None:
            return value
        try:
            return check(value)
        except ValueError as problem:
            self.bad(key, str(problem))
            return ""


def shown(value: t.Any, limit: int = 60) -> str:
    """A value as it may stand in a message: quoted, printable, never long, and no private key."""
    try:
        text = ascii(value)
    except (ValueError, RecursionError):  # Python refuses to write out an integer of thousands of digits
        text = f"a {type(value).__name__} too large to show"
    return one_line(text, limit)


def _kind(value: t.Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, t.Mapping):
        return "a mapping"
    return "a list" if isinstance(value, t.Sequence) else "a " + type(value).__name__
