# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, their fields, zones and moments."""

from __future__ import annotations

import datetime as dt
import typing as t

from hypothesis import strategies as st

from .text import JUNK, TEXT

DATA = st.one_of(st.sampled_from(["All", "SIMPEG", "M-x", "W_x", "a.b", "Basis-Data_1", "x" * 40, "r2"]), TEXT)
_PARTS = st.one_of(
    st.sampled_from(
        ["20170401", "24", "F", "1", "W", "-", "A", "M", "D", "I", ".r2", ".r999", "-All", "2017040124F1W-"]
    ),
    st.text("0123456789FDIWMA-.r_", max_size=8),
    TEXT,
)
_TAILS = st.tuples(
    st.sampled_from("FDI"),
    st.sampled_from("123"),
    st.sampled_from(["", "", "A", "M"]),
    st.sampled_from("DIWM"),
    st.one_of(st.sampled_from(["All", "SIMPEG", "Basis-Data_1"]), st.text("abcXYZ019_-", min_size=1, max_size=12)),
)


def _name(day: dt.date, hour: int, tail: tuple[str, str, str, str, str], dashed: bool, run: int) -> str:
    fields = [f"{day:%Y%m%d}", f"{hour:02}", *(part for part in tail[:4] if part)]
    return ("-" if dashed else "").join(fields) + "-" + tail[4] + (f".r{run}" if run > 1 else "")


WHOLE_NAMES = st.builds(
    _name,
    st.dates(dt.date(1900, 1, 1), dt.date(9900, 12, 31)),
    st.integers(1, 24),
    _TAILS,
    st.booleans(),
    st.one_of(st.just(1), st.integers(1, 1000)),
)
NAMES = st.one_of(
    WHOLE_NAMES,
    WHOLE_NAMES,
    WHOLE_NAMES.flatmap(lambda name: st.integers(0, len(name)).map(lambda at: name[:at] + "x" + name[at + 1 :])),
    st.lists(_PARTS, max_size=8).map("".join),
    st.builds(
        lambda year, month, day, hour, rest, data: f"{year:04}{month:02}{day:02}{hour:02}{rest}-{data}",
        st.integers(1890, 9999),
        st.integers(0, 13),
        st.integers(0, 32),
        st.integers(0, 25),
        st.text("FDIW123AM", min_size=2, max_size=4),
        DATA,
    ),
)
STYLES = st.one_of(st.sampled_from(["compact", "dashed", None]), JUNK)
_GOOD: t.Mapping[str, st.SearchStrategy[t.Any]] = {
    "year": st.integers(1899, 9901),
    "month": st.integers(0, 13),
    "day": st.integers(0, 32),
    "hour": st.integers(0, 25),
    "type": st.sampled_from("FDI"),
    "media": st.one_of(st.integers(0, 4), st.sampled_from(["disk", "tape", "optical", "object"])),
    "frequency": st.sampled_from(["D", "I", "W", "M", "daily", "weekly"]),
    "data": DATA,
}
_MORE = {"process": st.sampled_from(["", "A", "M"]), "run": st.integers(0, 1001)}
_WHOLE = st.fixed_dictionaries(
    {
        "year": st.integers(1900, 9900),
        "month": st.integers(1, 12),
        "day": st.integers(1, 28),
        "hour": st.integers(1, 24),
        "type": st.sampled_from("FDI"),
        "media": st.one_of(st.integers(1, 3), st.sampled_from(["disk", "tape"])),
        "frequency": st.sampled_from(["D", "I", "W", "M", "daily"]),
        "data": st.one_of(st.sampled_from(["All", "M-x", "W_x"]), st.text("abcXYZ019_-", min_size=1, max_size=40)),
    },
    optional=_MORE,
)
FIELDS = st.one_of(_WHOLE, st.fixed_dictionaries(dict(_GOOD), optional=_MORE), JUNK)
ZONES = st.one_of(
    st.sampled_from(["Asia/Jakarta", "Asia/Makassar", "Europe/Berlin", "Africa/Monrovia", "Pacific/Apia", "localtime"]),
    st.sampled_from(["Asia", "../../etc/localtime", "/etc/localtime", "Etc/GMT+12", "right/UTC", "zone.tab", "x" * 32]),
    JUNK,
)
MOMENTS = st.datetimes(
    dt.datetime(1899, 1, 1), dt.datetime(9902, 1, 1), timezones=st.sampled_from([None, dt.timezone.utc])
)
CLOCKS = st.one_of(st.sampled_from(["24:00", "01:00", "06:00", "24:59", "00:00", "25:00", "24:60"]), TEXT)
NIGHTS = st.one_of(st.none(), st.dates())
