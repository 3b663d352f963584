# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a name back to its fields. Only what ``render`` writes is accepted (P13.3, P13.6)."""

from __future__ import annotations

import re
import typing as t

from ._checks import check_style, refusal
from ._fields import FREQUENCIES, TYPES, NameFields, check_data_name

_DIGITS = frozenset("0123456789")
_RUN = re.compile(r"r([2-9]|[1-9][0-9]{1,2})")
_DASHED_MANUAL = re.compile(r"M-[DIWM]-")


class _Reader:
    """Takes a name apart from left to right; the first field that is wrong is named."""

    def __init__(self, text: str, style: str) -> None:
        self.text = text
        self.style = style
        self.at = 0

    def digits(self, field: str, count: int) -> int:
        found = self.text[self.at : self.at + count]
        if len(found) != count or not _DIGITS.issuperset(found):
            raise refusal(field, found, f"{count} digits 0-9 at position {self.at + 1} of the name")
        self.at += count
        return int(found)

    def letter(self, field: str, choices: t.Sequence[str]) -> str:
        found = self.text[self.at : self.at + 1]
        if found not in choices:
            raise refusal(field, found, f"one of {', '.join(choices)} at position {self.at + 1} of the name")
        self.at += 1
        return found

    def hyphen(self, before: str) -> None:
        found = self.text[self.at : self.at + 1]
        if found != "-":
            raise refusal(before, self.text[self.at :], f"a hyphen before it, at position {self.at + 1} of the name")
        self.at += 1

    def separator(self, before: str) -> None:
        if self.style == "dashed":
            self.hyphen(before)

    def process(self) -> str:
        rest = self.text[self.at :]
        if rest[:1] == "A" or (rest[:1] == "M" and self._manual(rest)):
            self.at += 1
            self.separator("frequency")
            return rest[0]
        return ""

    def _manual(self, rest: str) -> bool:
        """An M is the process only where a frequency follows it; else it is the frequency itself."""
        if self.style == "dashed":
            return _DASHED_MANUAL.match(rest) is not None
        return rest[1:2] in FREQUENCIES

    def data_and_run(self) -> tuple[str, int]:
        data, dot, suffix = self.text[self.at :].partition(".")
        check_data_name(data, self.style)
        if not dot:
            return data, 1
        found = _RUN.fullmatch(suffix)
        if found is None:
            raise refusal("run", "." + suffix, "nothing, or .r2 to .r999 without leading zeros, at the end of the name")
        return data, int(found.group(1))


def parse_with_style(text: object, style: str | None = None) -> tuple[NameFields, str]:
    """The fields of a name and the style it is written in.

    Without a style both are accepted: only a dashed name has a hyphen as its
    ninth character. Raises ``NamingError`` for everything that ``render`` does
    not write, naming the first field that is wrong and what is allowed.
    """
    if not isinstance(text, str):
        raise refusal("name", text, "a text such as 2017040124F1W-All")
    found_style = check_style(style) if style is not None else ("dashed" if text[8:9] == "-" else "compact")
    reader = _Reader(text, found_style)
    year, month, day = reader.digits("year", 4), reader.digits("month", 2), reader.digits("day", 2)
    reader.separator("hour")
    hour = reader.digits("hour", 2)
    reader.separator("type")
    kind = reader.letter("type", TYPES)
    reader.separator("media")
    media = int(reader.letter("media", ("1", "2", "3")))
    reader.separator("frequency")
    process = reader.process()
    frequency = reader.letter("frequency", FREQUENCIES)
    reader.hyphen("data")
    data, run = reader.data_and_run()
    return NameFields(year, month, day, hour, kind, media, frequency, data, process, run), found_style


def parse(text: object, style: str | None = None) -> NameFields:
    """The fields of a name; see ``parse_with_style``."""
    return parse_with_style(text, style)[0]
