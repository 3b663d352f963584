# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of a name and their ranges (P13.2)."""

from __future__ import annotations

import calendar
import dataclasses
import datetime as dt
import re

from ._checks import check_choice, check_number, check_style, refusal

FIRST_YEAR = 1900
LAST_YEAR = 9900
TYPES = ("F", "D", "I")
PROCESSES = ("", "A", "M")
FREQUENCIES = ("D", "I", "W", "M")
MAX_DATA = 40
MAX_RUN = 999

FREQUENCY_LETTER = {"daily": "D", "incidental": "I", "weekly": "W", "monthly": "M"}
FREQUENCY_WORD = {letter: word for word, letter in FREQUENCY_LETTER.items()}
# Object storage and the vault's disks count as disk (P13.5).
MEDIA_DIGIT = {"disk": 1, "vault": 1, "object": 1, "optical": 2, "tape": 3}

_DATA = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}[A-Za-z0-9])?")
_LIKE_A_FREQUENCY = re.compile(r"[DIWM]-")
DATA_ALLOWED = (
    f"1 to {MAX_DATA} of the characters A-Z, a-z, 0-9, '-' and '_', beginning and ending with a letter or a digit"
)


def check_data_name(text: object, style: str) -> str:
    """The name of what was backed up (*NamaData*), valid in the style (P13.3); else ``NamingError``."""
    check_style(style)
    if not isinstance(text, str) or not _DATA.fullmatch(text):
        raise refusal("data", text, DATA_ALLOWED)
    if style == "dashed" and _LIKE_A_FREQUENCY.match(text):
        raise refusal(
            "data",
            text,
            "in the dashed style, names that do not begin with D-, I-, W- or M-, which reads as a frequency",
        )
    return text


@dataclasses.dataclass(frozen=True)
class NameFields:
    """One name, taken apart (P13.2). Checked when it is made; raises ``NamingError``.

    ``hour`` is 1 to 24: hour 24 is the midnight that ends the day. ``media`` is
    1 hard disk, 2 CD, 3 tape. ``process`` is empty, A automatic or M manual.
    ``run`` counts the runs of one hour: 1 is not written, 2 is ``.r2``.
    """

    year: int
    month: int
    day: int
    hour: int
    type: str
    media: int
    frequency: str
    data: str
    process: str = ""
    run: int = 1

    def __post_init__(self) -> None:
        check_number("year", self.year, FIRST_YEAR, LAST_YEAR)
        check_number("month", self.month, 1, 12)
        last_day = calendar.monthrange(self.year, self.month)[1]
        check_number("day", self.day, 1, last_day, f"01 to {last_day} in month {self.year}-{self.month:02d}")
        check_number("hour", self.hour, 1, 24, "01 to 24; the hour after midnight is hour 24 of the day before")
        check_choice("type", self.type, TYPES, "full, differential, incremental")
        check_number("media", self.media, 1, 3, "1 hard disk, 2 CD, 3 tape")
        check_choice("process", self.process, PROCESSES, "none, automatic, manual")
        check_choice("frequency", self.frequency, FREQUENCIES, "daily, incidental, weekly, monthly")
        check_data_name(self.data, "compact")
        check_number("run", self.run, 1, MAX_RUN)

    @property
    def night(self) -> dt.date:
        """The date that stands in the name."""
        return dt.date(self.year, self.month, self.day)


def media_digit(kind: object) -> int:
    """The digit of a kind of medium: disk, vault, object, optical or tape (P13.5)."""
    return MEDIA_DIGIT[check_choice("kind of medium", kind, tuple(MEDIA_DIGIT))]


def with_media(fields: NameFields, kind: str) -> NameFields:
    """The fields of a copy that lies on another kind of medium (P13.5)."""
    return dataclasses.replace(fields, media=media_digit(kind))
