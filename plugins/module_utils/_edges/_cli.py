# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``nusantara-backup``: the core without Ansible, for timers and for people on the host.

``run``, ``check`` and ``facts`` read a job file: JSON with the options of
``backup_run`` that describe the site. What one run is asked for (mode, moment,
sources) is said on the command line only, and refused in the file. Exit
status: 0 all is well, 1 something failed, 2 the configuration or the call is
wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import typing as t

from .._base._errors import BackupError, ConfigError, Foreseen
from .._base._findings import ERROR
from .._base._io import read_small, scratch
from .._base._json import parse_json
from .._base._model import Site
from .._base._owner import refuse_mixed_owners
from .._base._printable import one_line
from .._base._stop import StoppedError, listen
from .._record._facts import facts
from .._record._history import problems
from .._run import _runner
from .._run._check import check
from .._run._planned_hooks import hook_lines, planned_hooks
from .._site._plan import MODES, SCHEDULED, plan_jobs
from .._site._site_args import SITE_OPTIONS, site_of

_JOB_LIMIT = 4 << 20


def main(arguments: t.Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    listen()
    try:
        with Foreseen():
            return _work(options)
    except ConfigError as problem:
        for line in problem.problems:
            _say(f"nusantara-backup: {line}", sys.stderr)
        return 2
    except BackupError as problem:
        _say(f"nusantara-backup: {problem}", sys.stderr)
    except StoppedError as stopped:
        _say(f"nusantara-backup: {stopped.error}", sys.stderr)
    except OSError as problem:
        what = f"{problem.filename}: {problem.strerror}" if problem.filename else problem.strerror
        _say(f"nusantara-backup: {what}. See the host's log", sys.stderr)
    return 1


def _work(options: argparse.Namespace) -> int:
    params = {**_job_file(options.config), "at": options.at}
    site, clock = site_of(params)
    if options.command == "facts":
        _say(json.dumps(facts(site, clock, options.nights), indent=1, sort_keys=True))
        return 0
    jobs = plan_jobs(site, clock.now(), mode=options.mode, only=options.only)
    runner = _runner.Runner(site, clock)
    if options.command == "check":
        return _check(site, runner.pending(jobs, again=options.again), clock)
    refuse_mixed_owners(site.store, site.state)
    return _run(runner, runner.pending(jobs, again=options.again))


def _say(text: str, stream: t.TextIO | None = None) -> None:
    """Said at once: what Python holds back until the end of the process may be lost without a word.

    Names and words of others stand in it: nothing of them may reach the terminal as a command.
    """
    stdout = stream or sys.stdout
    try:
        stdout.write("\n".join(one_line(line, len(line)) for line in text.split("\n")) + "\n")
        stdout.flush()
    except OSError as problem:
        _silence(stdout)
        if stream is None:
            words = f"Standard output cannot be written: {problem.strerror}"
            raise BackupError(words, "See where it leads; the journal holds what was done") from problem


def _silence(stream: t.TextIO) -> None:
    """Nothing more goes there, also not what is held back for it."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def _run(runner: _runner.Runner, jobs: t.Sequence[t.Any]) -> int:
    bad = 0
    try:
        if not jobs:
            runner.close_forgotten()
            _say("nothing is due")
            return 1 if runner.troubles else 0
        for attempt in runner.run(jobs):
            lines = problems(attempt)
            bad += len(lines)
            _say(f"{attempt.source}: {attempt.outcome} {attempt.name} {attempt.stored_bytes} bytes".rstrip())
            for line in lines:
                _say(f"  {line}")
        return 1 if bad or runner.troubles else 0
    finally:
        # Also when the run was told to stop: an application may still be in maintenance mode.
        for trouble in runner.troubles:
            _say(f"nusantara-backup: {trouble}", sys.stderr)


def _check(site: Site, jobs: t.Sequence[t.Any], clock: t.Any) -> int:
    with scratch("nusantara-backup-") as work:
        found = check(site, jobs, clock, work)
    for line in hook_lines(planned_hooks(site, jobs)):
        _say(line)
    for finding in found:
        _say(f"{finding.level}: {finding.subject}: {finding.message}. {finding.remedy}")
    return 1 if any(finding.level == ERROR for finding in found) else 0


def _job_file(path: str) -> dict[str, t.Any]:
    try:
        found = parse_json(read_small(path, _JOB_LIMIT))
    except OSError as problem:
        raise _bad_file(path, f"cannot be read: {problem.strerror}") from problem
    except ValueError as problem:
        raise _bad_file(path, str(problem)) from problem
    if not isinstance(found, dict):
        raise _bad_file(path, "must hold a mapping")
    odd = sorted(set(found) - (set(SITE_OPTIONS) - {"at"}))
    if odd:
        raise _bad_file(path, f"has options that do not belong there: {', '.join(map(ascii, odd))}")
    return found


def _bad_file(path: str, why: str) -> BackupError:
    return BackupError(
        f"The job file {path} {why}",
        "Describe the site in it, as JSON; say the rest on the command line",
        code="config.file",
    )


class _Parser(argparse.ArgumentParser):
    """Refuses words of the call without repeating what could change the terminal."""

    def error(self, message: str) -> t.NoReturn:
        super().error(one_line(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="nusantara-backup", description="Backups by procedure, proven")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("run", "back up what is due"), ("check", "look for obstacles"), ("facts", "print the facts")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--config", required=True, help="job file: JSON that describes the site")
        command.add_argument("--at", default="", help="pretend that it is this moment, with offset")
        if name == "facts":
            command.add_argument("--nights", type=int, default=62, help="nights of history")
            continue
        command.add_argument("--mode", choices=MODES, default=SCHEDULED)
        command.add_argument("--again", action="store_true", help="also what succeeded already")
        command.add_argument("--only", action="append", default=[], help="a source; may be repeated")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
