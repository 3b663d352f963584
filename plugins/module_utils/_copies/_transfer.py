# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies sets to media: one read of the source, several destinations, every copy re-read where it lies."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import typing as t

from .._base._clock import Clock
from .._base._errors import BackupError, ManifestError, MediumError, PipelineError
from .._base._io import CHUNK, Meter, open_to_read, read_small
from .._base._locks import hold
from .._base._model import Medium, Site
from .._base._readback import WINDOW, forget_window
from .._media._base import Parcel
from .._media._disk_check import first_error
from .._media._registry import answer_of, driver_of
from .._sets._manifest import SIGNATURE_SUFFIX, ManifestFile, load, manifest_path
from .._sets._receipts import Receipt, Receipts
from .._sets._signers import Signers
from .._sets._store import set_directory
from ._channel import END_OF_FILE, SOURCE_IS_WHOLE, Item, Start
from ._destination import Destination

_SIGNATURE_LIMIT = 64 * 1024
PATIENCE = 600.0


@dataclasses.dataclass(frozen=True)
class SetRef:
    """A set by its source and its name."""

    source: str
    name: str


@dataclasses.dataclass(frozen=True)
class Copy:
    """What became of one set on one medium: a receipt or an error."""

    ref: SetRef
    medium: Medium
    receipt: Receipt | None = None
    error: BackupError | None = None

    def as_dict(self) -> dict[str, t.Any]:
        """The entry of ``copies`` in docs/facts.md."""
        receipt = self.receipt
        return {
            "medium": self.medium.name,
            "building": self.medium.building,
            "outcome": receipt.outcome if receipt else "failed",
            "at": receipt.at if receipt else "",
            "seconds": receipt.seconds if receipt else 0.0,
            "error": self.error.as_dict() if self.error else None,
        }

    def as_event(self) -> dict[str, t.Any]:
        """What the journal keeps of it: the same, with what proves the copy."""
        event = {"name": self.ref.name, **self.as_dict()}
        receipt = self.receipt
        if receipt is not None:
            event.update(path=receipt.path, manifest_sha256=receipt.manifest_sha256, dropped=receipt.dropped)
        return event


@dataclasses.dataclass(frozen=True)
class Transfer:
    """What a transfer works with.

    ``patience``: seconds without any progress until a medium is left behind.
    ``moved`` is told how many bytes of the present artifact were read. With
    ``signers`` a set is copied only when its manifest is signed by one of them.
    """

    store: str
    state: str
    clock: Clock
    signers: Signers | None = None
    patience: float = PATIENCE
    moved: t.Callable[[int], None] | None = None

    def copy(self, ref: SetRef, media: t.Sequence[Medium]) -> list[Copy]:
        """Copy one set to all media at once. Never raises a ``BackupError``: each copy carries its own."""
        try:
            parcel = self.parcel(ref)
        except BackupError as problem:
            return [Copy(ref, medium, error=problem) for medium in media]
        workers = [self._destination(medium, parcel) for medium in media]
        for worker in workers:
            worker.begin()
        takers = [worker for worker in workers if worker.decide(self.patience)]
        try:
            _Feed(parcel, takers, self.patience, self.moved).all()
        except BackupError as problem:
            for worker in takers:
                worker.cancel(problem)
        except BaseException:
            self._give_up(workers)
            raise
        return [self._result(ref, worker) for worker in workers]

    def plan(self, ref: SetRef, media: t.Sequence[Medium]) -> list[dict[str, str]]:
        """What `copy` would do, without writing: ``copy``, ``compare`` (it lies there) or ``refuse``."""
        parcel = self.parcel(ref)
        return [self._plan_one(parcel, medium) for medium in media]

    def parcel(self, ref: SetRef) -> Parcel:
        """Manifest and signature of a set in the store, checked. Raises ``ManifestError``."""
        directory = set_directory(self.store, ref.source, ref.name)
        manifest, raw = load(directory, ref.name)
        if manifest.source != ref.source:
            raise ManifestError(
                f"The set {directory} says that it is of the source {ascii(manifest.source)[:60]}",
                "It lies in the wrong place or was altered: verify the store",
                code="manifest.source",
            )
        signature = _signature(manifest_path(directory, ref.name) + SIGNATURE_SUFFIX)
        if self.signers is not None:
            self.signers.demand(manifest, raw, directory)
        return Parcel(directory, manifest, raw, signature)

    def _destination(self, medium: Medium, parcel: Parcel) -> Destination:
        @contextlib.contextmanager
        def lock() -> t.Iterator[None]:
            path = os.path.join(self.state, "locks", f"medium-{medium.name}.lock")
            with hold(path, f"The medium '{medium.name}'", parcel.manifest.name):
                self._compare_receipts(medium, parcel)
                yield

        return Destination(medium, self.store, parcel, lock, self.clock)

    def _compare_receipts(self, medium: Medium, parcel: Parcel) -> None:
        for receipt in Receipts(self.state).of(medium.name, parcel.manifest.name):
            if receipt.manifest_sha256 != parcel.manifest_sha256:
                raise MediumError(
                    f"The set {parcel.manifest.name} is not the one that was copied to '{medium.name}' at {receipt.at}",
                    "It was replaced since, artifact and manifest together: keep both, find out which is the right one",
                    code="medium.conflict",
                )

    def _result(self, ref: SetRef, worker: Destination) -> Copy:
        worker.finish(self.patience)
        try:
            if worker.receipt is not None:
                Receipts(self.state).write(worker.receipt)
        except BackupError as problem:
            return Copy(ref, worker.medium, error=problem)
        return Copy(ref, worker.medium, worker.receipt, worker.error)

    def _give_up(self, workers: t.Sequence[Destination]) -> None:
        """The run is told to stop: nothing is published, and what was begun is removed."""
        stopped = BackupError("The copy was stopped", "Transfer the set again", code="run.terminated")
        for worker in workers:
            worker.cancel(stopped)
            worker.finish(self.patience)

    def _plan_one(self, parcel: Parcel, medium: Medium) -> dict[str, str]:
        try:
            return answer_of(lambda: self._look(parcel, medium))
        except TimeoutError:
            text = f"The medium '{medium.name}' does not answer: {medium.path}"
            said = {"medium": medium.name, "name": parcel.manifest.name, "source": parcel.manifest.source}
            return {**said, "action": "refuse", "problem": text}

    def _look(self, parcel: Parcel, medium: Medium) -> dict[str, str]:
        said = {"medium": medium.name, "name": parcel.manifest.name, "source": parcel.manifest.source}
        refusal: BackupError | None
        try:
            driver = driver_of(medium)
            self._compare_receipts(medium, parcel)
            with driver.open(medium, self.store, parcel) as intake:
                if intake.present():
                    return {**said, "action": "compare", "problem": ""}
            refusal = first_error(driver.check(medium, self.store, parcel.needed_bytes))
        except BackupError as problem:
            refusal = problem
        action = "copy" if refusal is None else "refuse"
        return {**said, "action": action, "problem": "" if refusal is None else str(refusal)}


class _Feed:
    """Reads every artifact once and hands it to all; nothing is published before all were whole."""

    def __init__(
        self,
        parcel: Parcel,
        takers: t.Sequence[Destination],
        patience: float,
        moved: t.Callable[[int], None] | None,
    ) -> None:
        self._parcel = parcel
        self._takers = takers
        self._patience = patience
        self._moved = moved

    def all(self) -> None:
        for entry in self._parcel.manifest.files if self._takers else ():
            if not self._offer(Start(entry.file)) or not self._file(entry):
                return
            self._offer(END_OF_FILE)
        self._offer(SOURCE_IS_WHOLE)

    def _file(self, entry: ManifestFile) -> bool:
        path = os.path.join(self._parcel.directory, entry.file)
        meter = Meter()
        with _source(path) as descriptor:
            for chunk in iter(lambda: os.read(descriptor, CHUNK), b""):
                if meter.count + len(chunk) > entry.stored.bytes:
                    raise _altered(path, f"it is longer than the {entry.stored.bytes} bytes of its manifest")
                if not self._offer(chunk):
                    return False
                meter.feed(chunk)
                if meter.count % WINDOW == 0:
                    forget_window(descriptor, meter.count - WINDOW, meter.count)
                if self._moved is not None:
                    self._moved(meter.count)
        if meter.digest() != entry.stored:
            raise _altered(path, "its size or SHA-256 is not that of its manifest")
        return True

    def _offer(self, item: Item) -> bool:
        """Hand one item to every destination; whether anybody still listens."""
        listening = 0
        for taker in self._takers:
            listening += taker.offer(item, self._patience)
        return listening > 0


@contextlib.contextmanager
def _source(path: str) -> t.Iterator[int]:
    try:
        descriptor = open_to_read(path)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
            yield descriptor
        finally:
            os.close(descriptor)
    except OSError as problem:
        raise _altered(path, str(problem.strerror)) from problem


def _altered(path: str, why: str) -> PipelineError:
    return PipelineError(
        f"The artifact {path} is not what its manifest says: {why}",
        "Nothing was published on any medium. Verify the store; use another copy of the set",
        code="transfer.source",
    )


def transfer_sets(
    site: Site,
    source: str,
    name: str,
    media: t.Sequence[Medium],
    clock: Clock,
    moved: t.Callable[[int], None] | None = None,
) -> list[Copy]:
    """What the runner calls: one set of a site to the media of its source."""
    return Transfer(site.store, site.state, clock, moved=moved).copy(SetRef(source, name), media)


def _signature(path: str) -> bytes | None:
    try:
        return read_small(path, _SIGNATURE_LIMIT)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise ManifestError(
            f"The signature {path} cannot be read: {problem.strerror}",
            "See the medium and the permissions",
            code="manifest.unreadable",
        ) from problem
