# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Re-reads sets where they lie and tells what is wrong with them. Changes nothing, repairs nothing."""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import errno
import os
import typing as t

from .._base._clock import Clock, stamp
from .._base._errors import ManifestError
from .._base._io import open_to_read
from .._base._printable import shown_path
from .._base._readback import read_back_descriptor
from .._base._threads import thread_errors
from ._manifest import SIGNATURE_SUFFIX, SUFFIX, Manifest, ManifestFile, digest_of, load
from ._receipts import Receipts
from ._scan import UNFINISHED, FoundSet, Stray, named_sets, newest_of_each, scan
from ._signers import Signers
from ._verify_report import (
    ALTERED,
    INCOMPLETE,
    MISSING,
    UNKNOWN,
    UNPARSABLE,
    UNREADABLE,
    UNSIGNED,
    Problem,
    SetResult,
    VerifyReport,
)

_MOST_THREADS = 8


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which sets: empty means all. ``newest``: of each source only the newest, by name."""

    sources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    newest: bool = False


EVERYTHING = Selection()


@dataclasses.dataclass(frozen=True)
class _FileResult:
    problem: Problem | None
    bytes: int = 0
    dropped: bool = True


class _Pending(t.NamedTuple):
    found: FoundSet
    problems: list[Problem]
    files: list[concurrent.futures.Future[_FileResult]]


Busy = t.Callable[[str], bool]


def verify_store(
    root: str,
    clock: Clock,
    selection: Selection = EVERYTHING,
    signers: Signers | None = None,
    receipts: Receipts | None = None,
    medium: str = "",
    busy: Busy | None = None,
) -> VerifyReport:
    """Re-read a store: a host's own or a medium. Raises ``MediumError`` when it cannot be listed.

    With ``signers`` every set must be signed by one of them; with
    ``receipts`` a manifest must be the one that was copied, and when the store
    is a ``medium`` the newest copy of each source must be there. ``busy`` says
    of a source whether a run is at work on it: then its unfinished set is no
    leftover. Files are hashed by several threads, 1 MiB at a time.
    """
    return _Verification(root, clock, signers, receipts, medium, busy).run(selection)


class _Verification:
    def __init__(
        self,
        root: str,
        clock: Clock,
        signers: Signers | None,
        receipts: Receipts | None,
        medium: str,
        busy: Busy | None,
    ) -> None:
        self._root = root
        self._clock = clock
        self._signers = signers
        self._receipts = receipts
        self._busy = busy
        self._medium = medium
        self._threads = min(os.cpu_count() or 1, _MOST_THREADS)
        self._done: list[SetResult] = []
        self._dropped = True

    def run(self, selection: Selection) -> VerifyReport:
        started = self._clock.seconds()
        found, strays = self._select(selection)
        with concurrent.futures.ThreadPoolExecutor(self._threads, "verify") as pool:
            waiting: collections.deque[_Pending] = collections.deque()
            for entry in found:
                waiting.append(self._start(entry, pool))
                # Never far ahead of the readers, so that memory does not grow with the store.
                while sum(len(pending.files) for pending in waiting) > 4 * self._threads:
                    self._finish(waiting.popleft())
            while waiting:
                self._finish(waiting.popleft())
        return VerifyReport(
            root=self._root,
            at=stamp(self._clock.now()),
            seconds=round(self._clock.seconds() - started, 3),
            sets=tuple(self._done),
            strays=tuple(strays),
            signatures=self._signers is not None,
            dropped=self._dropped,
        )

    def _select(self, selection: Selection) -> tuple[list[FoundSet], list[Problem]]:
        found: list[FoundSet] = []
        strays: list[Problem] = []
        for entry in scan(self._root, selection.sources):
            if isinstance(entry, FoundSet):
                found.append(entry)
            elif not selection.names and not self._growing(entry):
                strays.append(_stray(entry))
        if selection.names:
            there = {entry.name for entry in found}
            absent = [name for name in selection.names if name not in there]
            strays += [
                Problem(MISSING, "verify.set_missing", f"{self._root}/{name}", f"The set {name} is not in this store")
                for name in absent
            ]
            found = [entry for entry in found if entry.name in selection.names]
        else:
            strays += self._gone(found, selection.sources)
        return (newest_of_each(found) if selection.newest else found), strays

    def _growing(self, stray: Stray) -> bool:
        """Whether this is the unfinished set of a run that is at work now."""
        source = os.path.basename(os.path.dirname(stray.path))
        return stray.kind == UNFINISHED and self._busy is not None and self._busy(source)

    def _gone(self, found: t.Sequence[FoundSet], sources: t.Sequence[str]) -> list[Problem]:
        """The newest copies that the receipts know of, and that are not there: reports count on them.

        Not the older ones: disks that take turns under one name hold some each.
        """
        if self._receipts is None or not self._medium:
            return []
        there = {entry.name for entry in found}
        known = newest_of_each(named_sets(self._root, sorted(self._receipts.names(self._medium))))
        return [
            Problem(
                MISSING,
                "verify.set_missing",
                entry.directory,
                f"The set {entry.name} was copied to '{self._medium}' and is not there any more",
            )
            for entry in known
            if entry.name not in there and (not sources or entry.source in sources)
        ]

    def _start(self, found: FoundSet, pool: concurrent.futures.Executor) -> _Pending:
        """Check the papers of a set now, and hand its artifacts to the readers."""
        problems: list[Problem] = []
        try:
            manifest, raw = load(found.directory, found.name)
        except ManifestError as problem:
            return _Pending(found, [_paper_problem(found.directory, problem)], [])
        if manifest.source != found.source:
            text = f"The manifest says that the set is of the source {ascii(manifest.source)[:60]}"
            problems.append(Problem(UNPARSABLE, "verify.source", found.directory, text))
        problems += self._signature(manifest, raw, found)
        problems += self._receipt(found, raw)
        problems += _strangers(found, manifest)
        with thread_errors():
            files = [pool.submit(_check_file, found.directory, entry) for entry in manifest.files]
        return _Pending(found, problems, files)

    def _finish(self, pending: _Pending) -> None:
        results = [future.result() for future in pending.files]
        problems = pending.problems + [result.problem for result in results if result.problem is not None]
        self._dropped = self._dropped and all(result.dropped for result in results)
        found = pending.found
        read = sum(result.bytes for result in results)
        self._done.append(SetResult(found.source, found.name, found.directory, read, tuple(problems)))

    def _signature(self, manifest: Manifest, raw: bytes, found: FoundSet) -> list[Problem]:
        path = os.path.join(found.directory, found.name + SUFFIX + SIGNATURE_SUFFIX)
        if self._signers is None:
            there = os.path.lexists(path)
            return [] if there else [Problem(UNSIGNED, "verify.unsigned", path, "The set is not signed")]
        try:
            self._signers.demand(manifest, raw, found.directory)
        except ManifestError as problem:
            code = "verify.unsigned" if problem.code == "manifest.unsigned" else "verify.signature"
            return [Problem(ALTERED, code, path, problem.what)]
        return []

    def _receipt(self, found: FoundSet, raw: bytes) -> list[Problem]:
        if self._receipts is None:
            return []
        try:
            known = self._receipts.newest(found.name)
        except ManifestError as problem:
            return [Problem(UNPARSABLE, "verify.receipt_broken", found.directory, problem.what)]
        path = os.path.join(found.directory, found.name + SUFFIX)
        return [
            Problem(
                ALTERED, "verify.receipt", path, f"The manifest is not the one copied to '{one.medium}' at {one.at}"
            )
            for one in known
            if one.manifest_sha256 != digest_of(raw)
        ]


def _stray(stray: Stray) -> Problem:
    kind = INCOMPLETE if stray.kind == UNFINISHED else stray.kind
    return Problem(kind, f"verify.{stray.kind}", stray.path, f"{shown_path(stray.path)} {stray.why}")


def _paper_problem(directory: str, problem: ManifestError) -> Problem:
    kinds = {"manifest.missing": INCOMPLETE, "manifest.unreadable": UNREADABLE}
    kind = kinds.get(problem.code, UNPARSABLE)
    return Problem(kind, f"verify.{problem.code.replace('.', '_')}", directory, problem.what)


def _strangers(found: FoundSet, manifest: Manifest) -> list[Problem]:
    """What lies in the directory of a set and is neither named by its manifest nor a plain file."""
    papers = {found.name + SUFFIX, found.name + SUFFIX + SIGNATURE_SUFFIX}
    artifacts = {entry.file for entry in manifest.files}
    try:
        with os.scandir(found.directory) as listed:
            entries = sorted(listed, key=lambda one: one.name)
        no_files = {one.name for one in entries if one.name in papers and not one.is_file(follow_symlinks=False)}
    except OSError as problem:
        return [_unreadable(found.directory, problem)]
    problems = []
    for entry in entries:
        if entry.name not in papers | artifacts:
            problems.append(_unknown(entry.path, "is not named by the manifest"))
        elif entry.name in no_files:
            problems.append(_unknown(entry.path, "is no plain file"))
    return problems


def _unknown(path: str, why: str) -> Problem:
    return Problem(UNKNOWN, "verify.unknown", path, f"{shown_path(path)} {why}")


def _check_file(directory: str, entry: ManifestFile) -> _FileResult:
    """Size first, then the hash of what the medium gives."""
    path = os.path.join(directory, entry.file)
    try:
        descriptor = open_to_read(path)
    except FileNotFoundError:
        return _FileResult(Problem(MISSING, "verify.missing", path, f"The artifact {path} is missing"))
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.EINVAL, errno.ENXIO):
            return _FileResult(_unknown(path, "is a link, a directory or a device instead of the artifact"))
        return _FileResult(_unreadable(path, problem))
    try:
        return _compared(path, descriptor, entry)
    except OSError as problem:
        return _FileResult(_unreadable(path, problem))


def _compared(path: str, descriptor: int, entry: ManifestFile) -> _FileResult:
    try:
        size = os.fstat(descriptor).st_size
        if size != entry.stored.bytes:
            text = f"The artifact {path} has {size} bytes; its manifest says {entry.stored.bytes}"
            return _FileResult(Problem(ALTERED, "verify.size", path, text))
        back = read_back_descriptor(descriptor)
    finally:
        os.close(descriptor)
    if back.digest != entry.stored:
        text = f"The artifact {path} has the SHA-256 {back.digest.sha256}; its manifest says {entry.stored.sha256}"
        return _FileResult(Problem(ALTERED, "verify.hash", path, text), back.digest.bytes, back.dropped)
    return _FileResult(None, back.digest.bytes, back.dropped)


def _unreadable(path: str, problem: OSError) -> Problem:
    return Problem(UNREADABLE, "verify.unreadable", path, f"{path} cannot be read: {problem.strerror}")
