# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs and servers say."""

from __future__ import annotations

import json
import typing as t

from hypothesis import strategies as st

from ..programs import Said
from .text import ANY_TEXT, JUNK, NASTY, TEXT, spoiled

_LINES = st.sampled_from(
    [
        "pg_dump: error: query failed: ERROR:  permission denied for table gaji",
        'psql: error: connection to server on socket failed: FATAL:  role "x" does not exist',
        "pg_dump: warning: there are circular foreign-key constraints on this table:",
        "pg_dump: detail: pegawai",
        "tar: ./a: file changed as we read it",
        "tar: ./b: File removed before we read it",
        "tar: ./c: Cannot open: Permission denied",
        "tar: ./d: socket ignored",
        "tar: Exiting with failure status due to previous errors",
        "Total bytes written: 10240 (10KiB, 1MiB/s)",
        "Total bytes written: 99999999999999999999999999999999999999999999 (x)",
        "ERROR 1045 (28000): Access denied for user 'x'@'localhost' (using password: NO)",
        "ERROR 2013 (HY000) at line 1: Lost connection to server during query",
        "ERROR 999999999999999999999999 (HY000): x",
        "mariadb-dump: Got error: 1146: \"Table 'a.b' doesn't exist\" when using LOCK TABLES",
        "mysqldump: Couldn't execute 'SHOW CREATE VIEW': View 'a.v' references invalid table(s) (1356)",
        "zstd: error 70 : Write error : cannot write block : No space left on device",
        "age: error: no identity matched any of the recipients",
        'Load key "/x": error in libcrypto',
        "\n… 12 bytes left out …\n",
        "",
    ]
)
STDERR = st.lists(st.one_of(_LINES, _LINES, TEXT), max_size=5).map("\n".join)
STATUS = st.one_of(st.just(0), st.just(1), st.integers(-70, 300))
_NAME = st.one_of(st.sampled_from(["simpeg", "presensi", "postgres", "public.pegawai"]), ANY_TEXT)
_CLUSTER = st.fixed_dictionaries(
    {
        "version": st.just("16.4 (Debian 16.4-1)"),
        "number": st.sampled_from([120000, 160004, 180000]),
        "recovery": st.booleans(),
        "user": _NAME,
        "database": _NAME,
        "empty": st.booleans(),
        "role_passwords": st.booleans(),
    }
)
_DATABASE = st.fixed_dictionaries(
    {"name": _NAME, "template": st.booleans(), "open": st.booleans(), "grant": st.booleans()}
)
_LIMIT = st.one_of(
    st.fixed_dictionaries({"bytes": st.integers(0, 10**12)}),
    st.fixed_dictionaries(
        {
            "what": st.sampled_from(["schema", "table", "sequence", "row security", "unlogged", "something new"]),
            "count": st.integers(0, 20),
            "names": st.lists(_NAME, max_size=3),
        }
    ),
)
_CONTENT = st.one_of(
    st.tuples(
        st.just("object"), st.just("table"), _NAME, _NAME, st.integers(1, 5), st.integers(0, 5), st.booleans()
    ).map(list),
    st.tuples(st.just("rows"), st.integers(1, 5), st.integers(0, 99), st.integers(0, 5), ANY_TEXT).map(list),
    st.tuples(st.just("large_objects"), st.integers(0, 3)).map(list),
    st.tuples(st.just("large_object_digest"), st.integers(0, 3), st.integers(0, 3), ANY_TEXT, ANY_TEXT).map(list),
)


def _lines(values: t.Sequence[t.Any]) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def _answer(kinds: st.SearchStrategy[t.Any]) -> st.SearchStrategy[bytes]:
    good = st.lists(kinds, max_size=5)
    return st.one_of(good, spoiled(good, 2), JUNK.map(lambda value: [value])).map(_lines)


_SNAPSHOT = st.one_of(st.just(b'"00000003-0000001B-1"\n'), TEXT.map(lambda text: _lines([text])), st.just(b""))
_FIRST = st.builds(
    lambda one, more: _lines([one, *more]),
    st.one_of(_CLUSTER, spoiled(_CLUSTER, 1)),
    st.one_of(st.lists(_DATABASE, max_size=4), spoiled(st.lists(_DATABASE, max_size=3), 1)),
)
_ROW_FIELD = st.one_of(
    st.sampled_from(["0", "1", "16384", "NULL", "InnoDB", "utf8mb4", "simpeg", "BASE TABLE", "VIEW", "YES", "-1"]),
    TEXT.filter(lambda text: "\n" not in text and len(text) < 400),
)


def _rows(values: t.Sequence[t.Sequence[str]]) -> bytes:
    return b"".join(
        "\t".join(row).encode("utf-8", "surrogateescape" if _simple(row) else "replace") + b"\n" for row in values
    )


def _simple(row: t.Sequence[str]) -> bool:
    return all("\udc80" <= letter <= "\udcff" or not "\ud800" <= letter <= "\udfff" for part in row for letter in part)


_ROWS = st.lists(st.lists(_ROW_FIELD, min_size=1, max_size=6), max_size=4).map(_rows)
_SERVER = st.builds(
    lambda version, account, names: _rows(
        [
            ["server", version, account, "Debian 12"],
            *(["database", name, "utf8mb4", "utf8mb4_general_ci"] for name in names),
            ["engine", "InnoDB"],
        ]
    ),
    st.sampled_from(["10.11.6-MariaDB-0+deb12u1", "11.8.2-MariaDB", "9.7.0", "5.5", "x"]),
    st.sampled_from(["backup@localhost", "x"]),
    st.lists(st.sampled_from(["simpeg", "presensi", "mysql", "a\\tb"]), max_size=3, unique=True),
)
ANSWERS = st.one_of(
    st.tuples(st.just(b""), st.one_of(_FIRST, _answer(_LIMIT))).map(list),
    st.tuples(st.just(b""), _SNAPSHOT, _answer(_CONTENT)).map(list),
    st.tuples(st.just(b""), _SERVER).map(list),
    st.lists(st.one_of(_ROWS, _ROWS, st.just(b""), _answer(_LIMIT)), min_size=1, max_size=12),
    st.lists(st.one_of(NASTY.map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=60)), max_size=4),
)
_VERSION = st.one_of(
    st.none(),
    st.none(),
    st.none(),
    st.sampled_from(
        [b"", b"psql (PostgreSQL) 9.6", b"tar (GNU tar) 1.20", b"bsdtar 3.6.2", b"mysql  Ver 14.14", b"\xff\x1b[2J"]
    ),
)
SAID = st.builds(Said, ANSWERS, st.one_of(st.just(""), STDERR), st.one_of(st.just(0), STATUS), _VERSION)
PROGRAMS = st.lists(SAID, max_size=6)
_WHOLE = {"version": "15.8", "number": 150008, "recovery": False, "user": "postgres", "database": "postgres"}
_WHOLE |= {"empty": True, "role_passwords": True}
_THERE = [{"name": name, "template": False, "open": True, "grant": True} for name in ("simpeg", "presensi")]
# By engine: what a look answers that finds nothing wrong, so that a dump begins.
GOOD_LOOKS: t.Mapping[str, list[Said]] = {
    "postgresql": [Said([b"", _lines([_WHOLE, *_THERE])], "", 0), *[Said([b"", _lines([{"bytes": 9}])], "", 0)] * 2],
}
# What one look at a PostgreSQL server and one at each of its databases answers, and the same for MariaDB.
LOOKS = st.one_of(
    st.builds(
        lambda one, more: [Said([b"", one], "", 0), *(Said([b"", part], "", 0) for part in more)],
        _FIRST,
        st.lists(_answer(_LIMIT), max_size=3),
    ),
    st.builds(
        lambda one, more: [Said([b"", one], "", 0), Said([b"", *more], "", 0)],
        _SERVER,
        st.lists(_ROWS, max_size=12),
    ),
    PROGRAMS,
)
