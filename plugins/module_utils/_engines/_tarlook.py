# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tree will need: tar itself walks it, opens no file, and says how long the archive would be."""

from __future__ import annotations

import io
import os
import pwd
import re
import stat
import subprocess
import typing as t

from .._base._errors import EngineError
from .._base._findings import ERROR, Finding
from .._base._process import Command, Result, end_words
from ._base import Context, Probe
from ._tarwords import NAMES_SHOWN, judge, unsupported

OLDEST = (1, 29)

_TOTAL = re.compile(r"^Total bytes written: (\d+)\b.*$", re.MULTILINE)
_VERSION = re.compile(r"^tar \(GNU tar\) ((\d+)\.(\d+)\S*)")
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "r": "\r", "v": "\v", " ": " "}


def look(path: str, arguments: tuple[str, ...], context: Context) -> Probe:
    """Version of tar, bytes of the archive, and all that would make the dump fail (findings of level error)."""
    version, problems = _version(context)
    problems += _directory(path)
    tools = {"tar": version}
    if problems:
        return Probe(version=version, estimated_bytes=0, findings=tuple(problems), tools=tools)
    result, denied, count = _walk(path, arguments, context)
    if denied:
        return Probe(version=version, estimated_bytes=0, findings=(_denied(path, denied, count),), tools=tools)
    missing = unsupported(result.stderr)
    if missing:
        lacks = _error(
            path,
            f"tar on this host was built without {' and '.join(missing)} support",
            "Install the distribution's GNU tar",
            words=" ".join(missing),
            code="files.tar_support",
        )
        return Probe(version=version, estimated_bytes=0, findings=(lacks,), tools=tools)
    total = _TOTAL.search(result.stderr)
    try:
        found = judge(path, result.status, _TOTAL.sub("", result.stderr))
    except EngineError as problem:
        unreadable = _error(path, problem.what, problem.remedy, user=user(), code="files.unreadable")
        return Probe(version=version, estimated_bytes=0, findings=(unreadable,), tools=tools)
    if total is None:
        raise EngineError(f"tar did not say how large {path} is", "Run tar by hand and look", code="engine.failed")
    return Probe(
        version=version,
        estimated_bytes=int(total[1]),
        findings=found,
        tools=tools,
    )


def user() -> str:
    """Who we are, for messages."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def unescaped(name: str) -> bytes:
    """A name back from tar's quoting style ``escape``."""
    raw = re.sub(
        r"\\([0-7]{3}|.)",
        lambda match: chr(int(match[1], 8) & 0xFF) if match[1].isdigit() else _ESCAPES.get(match[1], match[1]),
        name.encode("utf-8", "surrogateescape").decode("latin-1"),
    )
    return raw.encode("latin-1")


def _version(context: Context) -> tuple[str, list[Finding]]:
    done = context.children.run(Command(("tar", "--version")))
    said = done.stdout.decode("utf-8", "replace")
    match = _VERSION.match(said)
    first = said.splitlines()[0] if said else f"nothing and {end_words(done.status)}"
    if match is None:
        return first, [
            _error(
                "tar",
                f"tar on this host is not GNU tar: it says {first}",
                "Install GNU tar",
                version=first,
                code="files.tar_kind",
            )
        ]
    if (int(match[2]), int(match[3])) < OLDEST:
        return match[1], [
            _error(
                "tar",
                f"tar on this host is version {match[1]}",
                f"Install GNU tar {OLDEST[0]}.{OLDEST[1]} or newer",
                version=match[1],
                code="files.tar_version",
            )
        ]
    return match[1], []


def _directory(path: str) -> list[Finding]:
    try:
        mode = os.stat(path).st_mode
    except OSError as problem:
        return [
            _error(
                path,
                f"The tree {path} cannot be looked at: {problem.strerror}",
                "Correct the path, or mount what should be there",
                user=user(),
                code="files.missing",
            )
        ]
    if not stat.S_ISDIR(mode):
        return [
            _error(path, f"{path} is not a directory", "Name the directory of the tree", code="files.not_directory")
        ]
    if not os.access(path, os.R_OK | os.X_OK, effective_ids=True):
        return [_denied(path, [path], 1)]
    return []


def _walk(path: str, arguments: tuple[str, ...], context: Context) -> tuple[Result, list[str], int]:
    """What tar says of the tree, some of the files that the dump would fail on, and how many there are.

    GNU tar knows /dev/null as its output and then reads no file; excludes and
    mounts count as in the dump. Without --verbose it keeps silent on mounts.
    """
    words = ("tar", "--create", "--file=/dev/null", "--totals", "--verbose", *arguments, "--", ".")
    child = context.children.spawn(Command(words), stdout=subprocess.PIPE)
    denied: list[str] = []
    count = 0
    reads_all = os.geteuid() == 0
    with io.BufferedReader(t.cast("io.RawIOBase", child.stdout)) as lines:
        for line in lines:
            if not reads_all:
                name = line.rstrip(b"\n").decode("utf-8", "surrogateescape")
                if not _readable(os.path.join(os.fsencode(path), unescaped(name))):
                    count += 1
                    denied += [name] if count <= NAMES_SHOWN else []
    return child.wait(), denied, count


def _readable(where: bytes) -> bool:
    try:
        mode = os.lstat(where).st_mode
    except OSError:
        return True
    return not stat.S_ISREG(mode) or os.access(where, os.R_OK, effective_ids=True)


def _denied(path: str, names: list[str], count: int) -> Finding:
    some = ", ".join(names) + (f" and {count - len(names)} more" if count > len(names) else "")
    return _error(
        path,
        f"The user {user()} may not read below {path}: {some}",
        "Let the backup's user read it, or exclude it",
        user=user(),
        names=some,
        code="files.unreadable",
    )


def _error(subject: str, message: str, remedy: str, *, code: str, **params: str) -> Finding:
    return Finding(code, ERROR, subject, message, remedy, {"path": subject, **params})
