# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known before a dump starts: tools, the source, space, media."""

from __future__ import annotations

import os
import shutil
import signal
import typing as t

from .._artifact import _codec
from .._base._errors import BackupError, EngineError, PreflightError
from .._base._findings import ERROR, WARNING, Finding
from .._base._io import existing_parent
from .._base._model import Site, Source
from .._base._owner import refuse_mixed_owners, user_name
from .._base._patience import within
from .._engines._base import Context, Probe
from .._engines._registry import ENGINES
from .._media._registry import look_at
from .._record._history import Attempt
from ._plausible import expected_bytes
from ._understood import Understood

_COMPRESSED_SHARE = 0.5
_MINUTE = 60


def probe_source(source: Source, context: Context) -> Probe:
    """Look at a source; errors of the engine come through as they are. A look has a time limit, as a dump has."""
    try:
        with Understood(source.name):
            return within(source.time_limit * _MINUTE, lambda: ENGINES[source.engine].probe(source.options, context))
    except TimeoutError as problem:
        # Nothing else runs beside a look: what it started must not go on without it.
        context.children.signal_all(signal.SIGKILL)
        raise EngineError(
            f"Looking at {source.name} was ended after its time limit of {source.time_limit} minutes",
            "See whether its disk or its server hangs, or raise time_limit",
            code="engine.time_limit",
        ) from problem


def check_places(site: Site) -> list[Finding]:
    """Whether this user can make or write the store and the state; a run would fail at its first step."""
    found: list[Finding] = []
    for path in (site.store, site.state):
        try:
            refuse_mixed_owners(path)
        except BackupError as problem:
            found.append(as_finding(path, problem))
            continue
        there = existing_parent(path)
        if not os.access(there, os.W_OK | os.X_OK):
            user = user_name(os.geteuid())
            text = f"{path} cannot be {'written' if there == path else 'made'} by the user {user}"
            remedy = f"As root on the host: install -d -m 0700 -o {user} {path}"
            found.append(Finding("disk.permission", ERROR, path, text, remedy))
    return found


def check_source(
    site: Site, source: Source, probe: Probe, context: Context, past: t.Sequence[Attempt]
) -> list[Finding]:
    """All that would make the dump of a probed source fail, and what is worth a warning."""
    found = list(probe.findings)
    try:
        _codec.check_tools(source.protection, context.children)
    except BackupError as problem:
        found.append(as_finding(source.name, problem))
    found += _space(site, source, probe, past)
    found += _encryption(source)
    return found


def check_media(site: Site, source: Source, needed: int) -> list[Finding]:
    """The media of a source, looked at without writing."""
    found: list[Finding] = []
    for name in source.media:
        medium = site.medium(name)
        try:
            found += look_at(medium, site.store, needed)
        except BackupError as problem:
            found.append(as_finding(name, problem))
    if not source.media:
        text = f"{source.name} is copied to no medium: its only copy lies on the host itself"
        found.append(Finding("media.none", WARNING, source.name, text, "Name a medium in another building"))
    return found


def refuse_errors(found: t.Sequence[Finding]) -> None:
    """Raise when a finding forbids the dump."""
    errors = [finding for finding in found if finding.level == ERROR]
    if errors:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise PreflightError(first.message + more, first.remedy, code=first.code)


def as_finding(subject: str, problem: BackupError) -> Finding:
    """An error that was met while only looking."""
    return Finding(problem.code, ERROR, subject, problem.what, problem.remedy)


def expected_stored(source: Source, probe: Probe, past: t.Sequence[Attempt]) -> int:
    """Bytes that the set will take: what the last ones took, else a cautious share of the estimate."""
    usual = expected_bytes(list(past), "F", "stored_bytes")
    usual_plain = expected_bytes(list(past), "F", "plain_bytes")
    share = (
        usual / usual_plain if usual_plain else (_COMPRESSED_SHARE if source.protection.compression != "none" else 1)
    )
    return max(int(probe.estimated_bytes * share), usual)


def _space(site: Site, source: Source, probe: Probe, past: t.Sequence[Attempt]) -> list[Finding]:
    needs = [(site.store, expected_stored(source, probe, past)), (site.state, probe.work_bytes)]
    by_disk: dict[int, list[t.Any]] = {}
    for path, needed in needs:
        there = existing_parent(path)
        entry = by_disk.setdefault(os.stat(there).st_dev, [path, there, 0])
        entry[2] += needed
    found = []
    for path, there, needed in by_disk.values():
        free = shutil.disk_usage(there).free
        if needed > free:
            text = f"{path} has {_mib(free)} free and {source.name} is expected to need {_mib(needed)}"
            found.append(Finding("disk.space", ERROR, source.name, text, "Free space or enlarge the file system"))
    return found


def _encryption(source: Source) -> list[Finding]:
    if source.protection.encryption == "none":
        text = f"{source.name} is stored without encryption, as configured"
        return [Finding("encryption.none", WARNING, source.name, text, "Name recipients and say encryption: age")]
    if len(source.protection.recipients) < 2:
        text = f"{source.name} is encrypted to one recipient only: if that key is lost, so is every backup"
        return [Finding("encryption.single", WARNING, source.name, text, "Add an escrow recipient")]
    return []


def _mib(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB"
