# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands before the words of a client program, so that it runs as somebody else or in a container.

Behind a prefix there is none of our environment and none of our files.
"""

from __future__ import annotations

import os
import re
import typing as t

from .._base._errors import EngineError
from .._base._findings import INFO, Finding
from .._base._process import Children, Command, Result, end_words
from .._base._reader import Reader, shown
from .._base._wordlist import read_program

PROBE_SECONDS = 60
# Each joins its words for a shell on the other side, or takes one text for a shell.
_SHELLED = frozenset({"ssh", "su", "dbclient"})
_SCRIPT_OPTIONS = ("-c", "--command")
_CONTAINERS = frozenset({"podman", "docker", "nerdctl"})
_OTHER_USERS = frozenset({"sudo", "doas"})
_FLAGS = re.compile(r"-[dit]+\Z")


class _Cause(t.NamedTuple):
    marks: tuple[str, ...]
    what: str
    remedy: str


# In the words of sudo, doas, runuser, podman and docker, in lower case; the first that fits decides.
_CAUSES = (
    _Cause(
        (
            "a password is required",
            "a terminal is required",
            "no tty present",
            "not allowed to execute",
            "not in the sudoers",
        ),
        "does not let this user run it without a password",
        "Allow it in a file of /etc/sudoers.d, for this program and this user alone, with NOPASSWD",
    ),
    _Cause(
        ("no such container", "no container with name or id", "no such object"),
        "knows no such container",
        "Correct the name; a container of another user is not seen (rootless podman)",
    ),
    _Cause(
        ("container state improper", "running containers", "is not running", "is paused"),
        "has the container, but it does not run",
        "Start it, and see why it stopped",
    ),
    _Cause(
        ("unknown user", "does not exist", "unable to find user", "no matching entries in passwd"),
        "knows no such user",
        "Correct the user's name in the prefix",
    ),
    _Cause(
        ("permission denied while trying to connect", "cannot connect to", "connection refused"),
        "does not reach its service",
        "See that the service runs and that the backup's user may use it",
    ),
)
_ABSENT = ("not found", "no such file or directory")


def read_prefix(reader: Reader, *, interactive: bool = False) -> tuple[str, ...]:
    """The option ``prefix``; problems go to the reader. ``interactive``: its programs read their standard input."""
    words = read_program(reader, "prefix")
    if words and os.path.basename(words[0]) in _CONTAINERS and "exec" in words:
        options = words[words.index("exec") + 1 :]
        flags = "".join(word for word in options if _FLAGS.match(word))
        if "t" in flags or "--tty" in options:
            reader.bad("prefix", "asks for a terminal (-t), which changes the bytes of a dump")
        if interactive and "i" not in flags and "--interactive" not in options:
            reader.bad("prefix", f"needs -i behind '{words[0]} exec': the program there reads its standard input")
    if words and os.path.basename(words[0]) in _SHELLED:
        text = f"{shown(words[0])} hands its words to a shell on the other side, which would read names as commands"
        reader.bad("prefix[0]", text)
    if words and words[-1] in _SCRIPT_OPTIONS:
        reader.bad(f"prefix[{len(words) - 1}]", f"{shown(words[-1])} makes a shell read the next word as commands")
    return words


def behind(prefix: tuple[str, ...], words: tuple[str, ...], environment: t.Mapping[str, str]) -> Command:
    """A command behind a prefix; settings go there by the program env, for the environment itself does not pass."""
    if not prefix:
        return Command(words, env=environment)
    settings = tuple(f"{name}={value}" for name, value in sorted(environment.items()))
    return Command((*prefix, *(("env", *settings) if settings else ()), *words))


def unbounded(prefix: tuple[str, ...]) -> list[Finding]:
    """Told where a program behind a prefix is beyond our signals, and nothing there limits its time."""
    name = os.path.basename(prefix[0]) if prefix else ""
    beyond = name in _CONTAINERS or (name in _OTHER_USERS and os.geteuid() != 0)
    if not beyond or any(os.path.basename(word) == "timeout" for word in prefix):
        return []
    words = " ".join(prefix)
    what = f"A dump that is ended early can go on behind the prefix '{words}', where no signal arrives"
    remedy = f"End the prefix with a limit somewhat above the source's time_limit: {words} timeout SECONDS"
    return [Finding("engine.prefix_unbounded", INFO, name, what, remedy, {"text": words})]


def refuse_prefix(prefix: tuple[str, ...], result: Result) -> None:
    """Raise when the words of a program that failed are those of its prefix."""
    reason = _reason(result)
    start = reason.lower()
    if not prefix or not start.startswith((f"{os.path.basename(prefix[0])}:", "error", "sorry,", "oci runtime")):
        return
    words = result.stderr.lower()
    for cause in _CAUSES:
        if any(mark in words for mark in cause.marks):
            what = f"The prefix '{' '.join(prefix)}' {cause.what}: {reason}"
            raise EngineError(what, cause.remedy, code="engine.prefix", detail=result.stderr)


def refuse_failure(prefix: tuple[str, ...], program: str, result: Result) -> None:
    """Raise when a first look, such as ``psql --version``, did not come to its program behind the prefix."""
    if not prefix or result.status == 0:
        return
    refuse_prefix(prefix, result)
    reason = _reason(result)
    behind_it = f"Behind the prefix '{' '.join(prefix)}'"
    if result.status == 127 or any(mark in result.stderr.lower() for mark in _ABSENT):
        raise EngineError(
            f"{behind_it} there is no program '{program}': {reason}",
            "Install it there, or give its path there",
            code="engine.prefix_program",
            detail=result.stderr,
        )
    raise EngineError(
        f"{behind_it} the program '{program}' {end_words(result.status)}: {reason}",
        "Run prefix and program by hand as the backup's user",
        code="engine.prefix",
        detail=result.stderr,
    )


def look(prefix: tuple[str, ...], words: tuple[str, ...], children: Children) -> Result:
    """Run a short program behind a prefix; raises where the prefix does not work."""
    done = children.run(Command((*prefix, *words)), timeout=PROBE_SECONDS)
    refuse_failure(prefix, words[0], done)
    return done


def _reason(result: Result) -> str:
    return next((line.strip() for line in result.stderr.splitlines() if line.strip()), end_words(result.status))
