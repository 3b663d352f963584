# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a source that a program of the site dumps."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ..._base._printable import fits
from ..._base._reader import Reader, shown
from ..._base._wordlist import read_program
from .._prefix import read_prefix

STDERR = ("warn", "ignore", "fail")
_KIND = re.compile(r"[a-z0-9]{1,16}\Z")
# These stand in the names of our own files.
_TAKEN = frozenset({"age", "delta", "gz", "manifest", "part", "sig", "zst"})
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){1,64}\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SECRET_NAME = re.compile(r"pass|pwd|secret|token|credential|auth|api_?key", re.IGNORECASE)
_TOKENS = ("{input}", "{target}")
_LONGEST_LINE = 1000
_LOOKS = "last_line, last_line_matches, last_bytes, check"


@dataclasses.dataclass(frozen=True)
class End:
    """What proves that a dump is whole; ``proven`` is false only where the site says ``end: none``."""

    proven: bool = True
    first_bytes: bytes = b""
    last_bytes: bytes = b""
    last_line: str | None = None
    last_line_matches: str = ""
    min_bytes: int = 0
    check: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Options:
    """``dump``, ``probe`` and ``count`` run behind ``prefix``, the check of ``end`` runs here."""

    dump: tuple[str, ...]
    restore: tuple[str, ...]
    end: End
    kind: str = "dump"
    prefix: tuple[str, ...] = ()
    probe: tuple[str, ...] = ()
    count: tuple[str, ...] = ()
    environment: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    secret_files: tuple[str, ...] = ()
    ok_status: tuple[int, ...] = (0,)
    stderr: str = "warn"


def parse(reader: Reader) -> Options:
    """Take the options out of a source's mapping; problems go to the reader."""
    for key in ("password", "secret"):
        if reader.raw(key) is not None:
            reader.bad(
                key,
                "is not taken, for it would lie in configuration and logs; write it into a file of mode 0600 that the"
                " program reads, and name that in 'secret_files'",
            )
    options = Options(
        dump=read_program(reader, "dump", required=True),
        restore=_restore(reader),
        end=_end(reader),
        kind=reader.text("kind", "dump", check=_kind),
        prefix=read_prefix(reader),
        probe=read_program(reader, "probe"),
        count=read_program(reader, "count"),
        environment=_environment(reader),
        secret_files=reader.words("secret_files", check=_absolute),
        ok_status=_statuses(reader),
        stderr=reader.choice("stderr", STDERR, "warn"),
    )
    if options.prefix and options.secret_files:
        reader.bad("secret_files", "cannot be looked at behind a prefix; see there that nobody else can read them")
    reader.done()
    return options


def _end(reader: Reader) -> End:
    value = reader.raw("end")
    if value == "none":
        return End(proven=False)
    if not isinstance(value, t.Mapping):
        given = "is required" if value is None else f"{shown(value)} is not taken"
        reader.bad("end", f"{given}: say how a whole dump ends ({_LOOKS}), or say none, and nothing is proven")
        return End()
    inner = Reader(value, reader.at("end"), reader.problems)
    end = End(
        first_bytes=_bytes(inner, "first_bytes"),
        last_bytes=_bytes(inner, "last_bytes"),
        last_line=inner.text("last_line", check=_line) if inner.has("last_line") else None,
        last_line_matches=inner.text("last_line_matches", "", check=_pattern),
        min_bytes=inner.integer("min_bytes", 0, 0, 1 << 62),
        check=read_program(inner, "check"),
    )
    inner.raw("last_line")
    inner.done()
    if not (end.last_bytes or end.last_line is not None or end.last_line_matches or end.check):
        reader.bad("end", f"does not look at the end of the dump: name one of {_LOOKS} too, or say none")
    return end


def _bytes(reader: Reader, key: str) -> bytes:
    """Bytes as pairs of hexadecimal digits."""

    def check(value: str) -> str:
        if value and not _HEX.match(value):
            raise ValueError(f"{shown(value)} must be 1 to 64 bytes, each as two hexadecimal digits, such as 0a0a")
        return value

    return bytes.fromhex(reader.text(key, "", check=check))


def _restore(reader: Reader) -> tuple[str, ...]:
    words = read_program(reader, "restore", required=True)
    for number, word in enumerate(words):
        for token in _TOKENS:
            if token in word and word != token and not word.endswith("=" + token):
                reader.bad(
                    f"restore[{number}]", f"{token} is replaced only where it is a whole word, or stands behind '='"
                )
    return words


def _environment(reader: Reader) -> dict[str, str]:
    value = reader.raw("environment", {})
    if not isinstance(value, t.Mapping):
        reader.bad("environment", "must be a mapping of names and texts")
        return {}
    found: dict[str, str] = {}
    for name, text in value.items():
        where = f"environment.{name}" if isinstance(name, str) and fits(name) else "environment"
        if not isinstance(name, str) or not _VARIABLE.match(name):
            reader.bad("environment", f"{shown(name)} cannot name a variable")
        elif _SECRET_NAME.search(name):
            reader.bad(where, "seems to hold a secret, which no environment may; let the program read it from a file")
        elif not isinstance(text, str) or not fits(text):
            reader.bad(where, f"{shown(text)} must be text without control characters; quote numbers")
        else:
            found[name] = text
    return found


def _statuses(reader: Reader) -> tuple[int, ...]:
    value = reader.raw("ok_status", (0,))
    if isinstance(value, (str, bytes)) or not isinstance(value, t.Sequence) or not value:
        reader.bad("ok_status", "must be a list of exit statuses from 0 to 255")
        return (0,)
    for number, status in enumerate(value):
        if isinstance(status, bool) or not isinstance(status, int) or not 0 <= status <= 255:
            reader.bad(f"ok_status[{number}]", f"{shown(status)} must be an exit status from 0 to 255")
            return (0,)
    return tuple(value)


def _kind(value: str) -> str:
    if not _KIND.match(value) or value in _TAKEN:
        raise ValueError(
            f"{shown(value)} must be 1 to 16 small letters and digits, and none of {', '.join(sorted(_TAKEN))}"
        )
    return value


def _line(value: str) -> str:
    if len(value) > _LONGEST_LINE:
        raise ValueError(f"is longer than {_LONGEST_LINE} characters")
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as problem:
        raise ValueError(f"{shown(value)} is no regular expression: {problem}") from problem
    return _line(value)


def _absolute(value: str) -> str:
    if not value.startswith("/") or ".." in value.split("/"):
        raise ValueError(f"{shown(value)} must be an absolute path without '..'")
    return value
