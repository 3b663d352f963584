# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known before a program of the site is run: is it there, could others change it, are its secrets private."""

from __future__ import annotations

import os
import stat
import typing as t

from ..._base._errors import EngineError, ToolError
from ..._base._findings import ERROR, WARNING, Finding
from ..._base._owner import user_name
from ..._base._printable import fits
from ..._base._process import end_words, find_tool
from ..._base._reader import shown
from ..._base._trusted import scripts_in, weakness
from .._base import Context, Probe
from .._prefix import behind, refuse_prefix, unbounded
from ._options import Options

PROBE_SECONDS = 600
_LIMIT = 1 << 20
_LONGEST_VERSION = 200


def look(options: Options, context: Context) -> Probe:
    """Look, without dumping. What is wrong with programs and secrets is found before any of them is run."""
    tools: dict[str, str] = {}
    found: list[Finding] = []
    for role, words in _here(options).items():
        tools[role], problems = _program(words)
        found += problems
    for path in options.secret_files:
        found += _secret(path)
    found += unbounded(options.prefix)
    if not options.end.proven:
        found.append(_unproven(options))
    version, size = "", 0
    if options.probe and not any(finding.level == ERROR for finding in found):
        version, size = _ask(options, context)
    return Probe(version=version or "unknown", estimated_bytes=size, findings=tuple(found), tools=tools)


def _here(options: Options) -> dict[str, tuple[str, ...]]:
    """The programs that are started on this side of the prefix, by what they are for."""
    if options.prefix:
        named = {"prefix": options.prefix}
    else:
        named = {"dump": options.dump, "probe": options.probe, "count": options.count}
    named["check"] = options.end.check
    return {role: words for role, words in named.items() if words}


def _program(words: tuple[str, ...]) -> tuple[str, list[Finding]]:
    """The path of a program, and what keeps it from being used."""
    try:
        path = words[0] if "/" in words[0] else find_tool(words[0])
    except ToolError as problem:
        return "", [Finding("tool.missing", ERROR, words[0], problem.what, problem.remedy)]
    found = []
    if not os.path.isfile(path) or not os.access(path, os.X_OK):
        what = f"The program '{path}' is not there or cannot be run by the user {user_name(os.geteuid())}"
        remedy = "Install it, correct its path, or let the backup's user run it"
        return path, [Finding("tool.missing", ERROR, path, what, remedy)]
    for file in (path, *scripts_in(words)):
        found += _untrusted(file)
    return path, found


def _untrusted(path: str) -> list[Finding]:
    try:
        reason = weakness(path)
    except OSError as problem:
        reason = f"it cannot be looked at: {problem.strerror}"
    if not reason:
        return []
    what = f"'{path}' would run as the backup's user, and others could change it: {reason}"
    remedy = "Let root own it and its directories, and take the right to write from everybody else (chmod go-w)"
    return [Finding("engine.command.untrusted", ERROR, path, what, remedy, {"path": path, "text": reason})]


def _secret(path: str) -> t.Iterator[Finding]:
    """A file with a secret: regular, for its owner alone, and the owner is this user or root."""
    try:
        found = os.stat(path)
    except OSError as problem:
        reason = f"cannot be looked at: {problem.strerror}"
    else:
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISREG(found.st_mode):
            reason = "is not a regular file"
        elif mode & 0o177 or not mode & 0o400:
            reason = f"has mode {mode:04o}, and only 0600 and 0400 keep it to its owner"
        elif found.st_uid not in (0, os.geteuid()):
            reason = f"belongs to {user_name(found.st_uid)}, neither to root nor to {user_name(os.geteuid())}"
        else:
            reason = ""
    if reason:
        what = f"The secret file '{path}' {reason}"
        remedy = "Correct its path, its owner, and its mode (0600)"
        yield Finding("engine.command.secret_file", ERROR, path, what, remedy, {"path": path, "text": reason})


def _unproven(options: Options) -> Finding:
    name = os.path.basename(options.dump[0])
    return Finding(
        "engine.command.unproven",
        WARNING,
        name,
        f"Completeness is not proven: the source says 'end: none', and only the exit status of '{name}' tells its end",
        "Let the program write a last line of its own and name it in end, or name a check program",
    )


def _ask(options: Options, context: Context) -> tuple[str, int]:
    """Run the site's own look; its lines ``bytes=NUMBER`` and ``version=TEXT`` are taken, others are not."""
    command = behind(options.prefix, options.probe, options.environment)
    done = context.children.run(command, timeout=PROBE_SECONDS, limit=_LIMIT)
    if done.status != 0:
        refuse_prefix(options.prefix, done)
        words = (done.stderr or done.stdout.decode("utf-8", "replace")).strip()
        last = words.rpartition("\n")[2] or "it said nothing"
        raise EngineError(
            f"The probe '{options.probe[0]}' {end_words(done.status)}: {last}",
            "See that the service runs, and run the probe by hand as the backup's user",
            code="engine.command.probe",
            detail=words,
        )
    version, size = "", 0
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        name, _equals, value = line.strip().partition("=")
        if name == "version":
            version = (value if fits(value) else shown(value))[:_LONGEST_VERSION]
        elif name == "bytes" and value.isascii() and value.isdigit() and len(value) < 20:
            size = int(value)
    return version, size
