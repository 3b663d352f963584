# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the client programs say, told apart by the number of the error: its words may be of any language."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ..._base._errors import EngineError
from ..._base._findings import WARNING, Finding

_GRANTS = "Grant what is missing; the grants table in docs/engines has the exact statements"


@dataclasses.dataclass(frozen=True)
class _Cause:
    """The numbers of server and client that mark a cause, and what to do about it."""

    code: str
    numbers: frozenset[int]
    remedy: str


_CAUSES = (
    _Cause(
        code="engine.mariadb.auth",
        numbers=frozenset({1045, 1130, 1251, 1698, 1820, 1862, 1524, 2049, 2054, 2058, 2059, 2061, 3118, 3955, 4151}),
        remedy="See the source's user and password_file, and the account on the server",
    ),
    _Cause(
        code="engine.mariadb.unknown_database",
        numbers=frozenset({1049}),
        remedy="See the names in the source's database or databases",
    ),
    _Cause(
        code="engine.mariadb.tls",
        numbers=frozenset({2026, 3159}),
        remedy="See the source's ssl_mode, ssl_ca, ssl_cert and ssl_key, and the server's certificate",
    ),
    _Cause(
        code="engine.mariadb.server_died",
        numbers=frozenset({1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1317, 1927, 2006, 2013, 2055, 4031}),
        remedy="See the server's log and its memory and disk; run again when it is up",
    ),
    _Cause(
        code="engine.mariadb.permission",
        numbers=frozenset({1044, 1142, 1143, 1227, 1345, 1370, 1410}),
        remedy=_GRANTS,
    ),
    _Cause(
        code="engine.mariadb.changed",
        numbers=frozenset({1412, 1146, 1051, 1054, 1305, 1360, 1539, 1615}),
        remedy="Somebody altered, dropped or renamed tables at this hour; run again, or move the backup",
    ),
    _Cause(
        code="engine.mariadb.lock",
        numbers=frozenset({1205, 1213, 3572}),
        remedy="Somebody changes or locks these tables at this hour; move the backup or raise lock_seconds",
    ),
    _Cause(
        code="engine.mariadb.damaged",
        # Those of three digits are the storage engine's own.
        numbers=frozenset({126, 127, 130, 134, 141, 144, 145})
        | {1016, 1017, 1030, 1033, 1034, 1035, 1194, 1195, 1286, 1712, 1812, 1814, 1877, 1932, 1996},
        remedy="Look at the table and at the server's log (CHECK TABLE), and repair it or restore it",
    ),
    _Cause(
        code="engine.mariadb.packet",
        numbers=frozenset({1153, 1301, 2020}),
        remedy="Raise max_allowed_packet on the server above its longest row",
    ),
    _Cause(
        code="engine.mariadb.broken_view",
        numbers=frozenset({1356, 1449}),
        remedy="Correct or drop the view; run again",
    ),
    _Cause(
        code="engine.mariadb.connect",
        numbers=frozenset({1040, 1129, 1203, 1226, 2001, 2002, 2003, 2004, 2005, 2009, 2012}),
        remedy="See that the server runs, and the source's host, port and socket",
    ),
)
_NUMBER = re.compile(r"(?:ERROR |Error |[Ee]rror: )(?P<first>[0-9]{3,4})\b|\((?P<last>[0-9]{3,4})\)\s*$", re.MULTILINE)
_TLS, _LOST, _CHANGED = 2026, 2013, 1412
# Said without a number.
_OTHER_COLUMNS = "Error in field count for table"
_CUT = re.compile(r"eof while reading|when dumping table|reset by peer|Broken pipe", re.IGNORECASE)
# Words that come with every run of some versions and tell nothing about the data.
_HARMLESS = (
    re.compile(r": Deprecated program name\. It will be removed in a future release"),
    re.compile(r"^WARNING: option --ssl-verify-server-cert is disabled, because of an insecure passwordless login"),
)


def number_of(said: str) -> int:
    """The number of the first error in the words of a client; 0 where it gives none."""
    found = _NUMBER.search(said)
    number = int(found["first"] or found["last"]) if found else 0
    if _OTHER_COLUMNS in said:
        return _CHANGED
    # A protected connection that stood and was cut is no question of certificates.
    return _LOST if number == _TLS and _CUT.search(said) else number


def failure(what: str, said: str, ended: str = "") -> EngineError:
    """The error for a client that failed: ``what`` names the object and the server, ``said`` is its stderr."""
    number = number_of(said)
    reason = _first_line(said) or ended
    for cause in _CAUSES:
        if number in cause.numbers:
            return EngineError(f"{what}: {reason}", cause.remedy, code=cause.code, detail=said)
    return EngineError(
        f"{what}: {reason}", "See the words of the program in the detail", code="engine.mariadb", detail=said
    )


def warnings(subject: str, said: str) -> t.Sequence[Finding]:
    """What a program that succeeded said all the same, one finding for each line."""
    return [
        Finding(
            "engine.mariadb.warning",
            WARNING,
            subject,
            f"The dump ended well but was not silent: {line}",
            "Read it and decide whether something is missing",
            {"text": line},
        )
        for line in telling(said)
    ]


def telling(said: str) -> list[str]:
    """The lines that say something of this run."""
    lines = [line.strip() for line in said.splitlines()]
    return [line for line in lines if line and not any(words.search(line) for words in _HARMLESS)]


def _first_line(said: str) -> str:
    lines = [line for line in telling(said) if set(line) != {"-"}]
    best = next((line for line in lines if _NUMBER.search(line)), "")
    return best or (lines[0] if lines else "")
