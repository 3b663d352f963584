# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations of a site: almost valid, with every option that any engine of the registry knows."""

from __future__ import annotations

import json
import typing as t

from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES
from ansible_collections.nusantara.backup.plugins.module_utils._media._registry import MEDIA

from ..words import IDENTITY, PASSWORD
from .text import JUNK, ODD_JSON, TEXT, mostly, spoiled, torn

# Stands for the directory of the case, which a strategy does not know.
ROOT = "/@ROOT@"
RECIPIENT = "age1" + "q" * 58
# What may be a whole set of options for some engine; a test sees that every engine takes one of these.
CANDIDATES: tuple[t.Mapping[str, t.Any], ...] = (
    {"path": ROOT + "/source"},
    {"path": ROOT + "/source/db.sqlite"},
    {"database": "simpeg"},
    {"databases": "all"},
    {"databases": ["simpeg", "presensi"], "exclude": []},
    {
        "dump": ["cat", ROOT + "/source/file"],
        "restore": ["tee", "{target}"],
        "count": ["printf", "{}"],
        "probe": ["printf", "1"],
        "end": {"last_line": "end", "first_bytes": "00ff"},
    },
    {
        "dump": ["cat", ROOT + "/source/file"],
        "restore": ["tee", "{target}"],
        "end": {"last_line_matches": "^-- Dump (a|b)*$", "min_bytes": 3},
        "ok_status": [0, 1],
        "stderr": "ignore",
    },
)


def options_of(engine: str) -> tuple[str, ...]:
    """The names of all options that an engine takes, as it asks for them."""
    asked: set[str] = set()
    for data in ({}, *CANDIDATES):
        reader = _Asked(data, "", Problems())
        ENGINES[engine].parse(reader)
        asked |= reader.asked
    return tuple(sorted(asked))


def valid_options(engine: str) -> list[dict[str, t.Any]]:
    """Those of the candidates that an engine takes without a problem."""
    found = []
    for data in CANDIDATES:
        problems = Problems()
        ENGINES[engine].parse(Reader(data, "", problems))
        if not problems.found:
            found.append(dict(data))
    return found


class _Asked(Reader):
    """Notes what is asked for."""

    def __init__(self, data: t.Any, path: str, problems: Problems) -> None:
        super().__init__(data, path, problems)
        self.asked: set[str] = set()

    def raw(self, key: str, default: t.Any = None) -> t.Any:
        self.asked.add(key)
        return super().raw(key, default)

    def done(self) -> None:
        """Whatever else stands there is of no interest here."""


_WORDS = st.sampled_from(["SIMPEG", "Presensi", "simpeg", "Keuangan", "Situs", "Arsip", "Gaji"])
NAME = mostly(_WORDS, TEXT, 9)
TITLES = mostly(st.just("Gedung A"), TEXT)
MEDIUM = mostly(
    st.fixed_dictionaries(
        {
            "name": mostly(st.sampled_from(["internal", "gedung-b"]), TEXT),
            "kind": st.sampled_from([*MEDIA, "tape"]),
            "path": mostly(st.just(ROOT + "/medium"), TEXT),
        },
        optional={"building": TITLES},
    ),
    JUNK,
    9,
)
_PLAN = st.lists(
    st.fixed_dictionaries(
        {"frequency": st.sampled_from(["daily", "weekly", "monthly", "incidental"])},
        optional={
            "type": st.sampled_from("FDI"),
            "day": mostly(st.sampled_from(["saturday", "last", 1, 28]), JUNK),
            "at": st.sampled_from(["24:00", "01:00", "24:59"]),
        },
    ),
    min_size=1,
    max_size=3,
)
_KEYS = (RECIPIENT, IDENTITY, IDENTITY[:-1])
_PROTECTION: t.Mapping[str, st.SearchStrategy[t.Any]] = {
    "compression": st.sampled_from(["zstd", "gzip", "none"]),
    "level": mostly(st.integers(1, 9), JUNK),
    "encryption": st.sampled_from(["none", "age"]),
    "recipients": mostly(st.just([RECIPIENT]), st.lists(mostly(st.sampled_from(_KEYS), JUNK), max_size=3)),
    "proof": st.sampled_from(["stored", "open"]),
    "inventory": st.sampled_from(["objects", "rows", "digests"]),
}
_OF_A_SOURCE = ("media", "each", "smallest", "description", "time_limit", "frequency", "day", "at")


@st.composite
def sources(draw: st.DrawFn) -> dict[str, t.Any]:
    engine = draw(st.sampled_from(sorted(ENGINES)))
    made: dict[str, t.Any] = {"name": draw(NAME), "engine": engine, **draw(st.sampled_from(valid_options(engine)))}
    keys = st.lists(st.sampled_from(options_of(engine)), max_size=2)
    for key in draw(st.one_of(st.just([]), keys)):
        made[key] = PASSWORD if key == "password" else draw(JUNK)
    made.update(draw(st.fixed_dictionaries({}, optional=_PROTECTION)))
    if draw(st.booleans()):
        made["plan"] = draw(_PLAN)
    if draw(st.integers(0, 4)) == 0:
        made[draw(st.sampled_from(_OF_A_SOURCE))] = draw(JUNK)
    return made


GOOD_SITES = st.fixed_dictionaries(
    {
        "host": st.just("db1"),
        "store": st.just(ROOT + "/store"),
        "state": st.just(ROOT + "/state"),
        "encryption": st.just("none"),
        "sources": st.lists(sources(), max_size=3),
    },
    optional={
        "timezone": st.sampled_from(["Asia/Jakarta", "Asia/Jayapura"]),
        "style": st.sampled_from(["compact", "dashed"]),
        "media": st.lists(MEDIUM, max_size=2),
        "window_end": st.sampled_from(["06:00", "04:30"]),
        "process_letter": st.booleans(),
        "building": TITLES,
        **{key: values for key, values in _PROTECTION.items() if key != "encryption"},
    },
)
SITES = mostly(st.integers(0, 3).flatmap(lambda most: spoiled(GOOD_SITES, most)), JUNK, 9)
JOB_FILES = st.one_of(
    SITES.map(lambda data: json.dumps(data).encode()),
    torn(GOOD_SITES.map(lambda data: json.dumps(data).encode())),
    ODD_JSON,
)


def placed(value: t.Any, root: str) -> t.Any:
    """The value with the case's own directory where it stands for it."""
    if isinstance(value, str):
        return value.replace(ROOT, root)
    if isinstance(value, bytes):
        return value.replace(ROOT.encode(), root.encode())
    if isinstance(value, dict):
        return {placed(key, root): placed(item, root) for key, item in value.items()}
    return [placed(item, root) for item in value] if isinstance(value, list) else value
