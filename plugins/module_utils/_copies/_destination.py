# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One destination of a transfer: a thread that takes a set in and re-reads it where it lies."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from .._base._clock import Clock, stamp
from .._base._errors import BackupError, MediumError
from .._base._model import Medium
from .._base._threads import begin
from .._media._base import Intake, Parcel, medium_error
from .._media._registry import driver_of
from .._sets._receipts import UNCHANGED, VERIFIED, Receipt
from ._channel import END_OF_FILE, SOURCE_IS_WHOLE, Channel, Item, Start

Lock = t.Callable[[], t.ContextManager[None]]


class Destination(threading.Thread):
    """Copies one set to one medium. ``receipt`` or ``error`` is set when it has ended."""

    def __init__(self, medium: Medium, store: str, parcel: Parcel, lock: Lock, clock: Clock) -> None:
        super().__init__(name=f"medium-{medium.name}", daemon=True)
        self.medium = medium
        self.receipt: Receipt | None = None
        self.error: BackupError | None = None
        self.wants = False
        self._store = store
        self._parcel = parcel
        self._lock = lock
        self._clock = clock
        self._channel = Channel()
        self._decided = threading.Event()
        self._ended = threading.Event()
        self._beat = time.monotonic()

    def begin(self) -> None:
        """Start; where no thread can be had, this destination has failed and the others go on."""
        try:
            begin(self)
        except BackupError as problem:
            self.error = problem
            self._end()

    def run(self) -> None:
        try:
            self.receipt = self._take_in()
        except BackupError as problem:
            self.error = problem
        except OSError as problem:
            self.error = medium_error(self.medium, "failed:", problem)
        finally:
            self._end()

    def _end(self) -> None:
        self._channel.hang_up()
        self._decided.set()
        self._ended.set()

    def offer(self, item: Item, patience: float) -> bool:
        """Hand over the next piece; False when this destination takes no more."""
        try:
            return self._channel.put(item, patience)
        except TimeoutError:
            self.cancel(self._stalled(patience))
            return False

    def cancel(self, reason: BackupError) -> None:
        """Nothing may be published; the first reason stands."""
        self.error = self.error or reason
        self._channel.cancel(reason)

    def decide(self, patience: float) -> bool:
        """Wait until it is known whether this destination needs the bytes."""
        self._wait(self._decided, patience)
        return self.wants and not self._ended.is_set()

    def finish(self, patience: float) -> None:
        """Wait for the end: as long as it goes on, but no longer than ``patience`` without any progress."""
        self._wait(self._ended, patience)
        if self.error is not None:
            self.receipt = None
        elif self.receipt is None:
            self.error = MediumError(
                f"The copy to the medium '{self.medium.name}' ended without a result",
                "This is a fault of the program: see its words on standard error and report it",
                code="medium.internal",
            )

    def _wait(self, event: threading.Event, patience: float) -> None:
        self._beat = time.monotonic()
        while not event.wait(max(self._beat + patience - time.monotonic(), 0.0)):
            if time.monotonic() - self._beat >= patience:
                self.cancel(self._stalled(patience))
                return

    def _live(self) -> None:
        self._channel.raise_if_cancelled()
        self._beat = time.monotonic()

    def _take_in(self) -> Receipt:
        driver = driver_of(self.medium)
        started = self._clock.seconds()
        with self._lock(), driver.open(self.medium, self._store, self._parcel) as intake:
            if intake.present():
                # Known now: the others need not wait until it is re-read.
                self._decided.set()
                dropped = intake.compare(self._live)
                place = driver.place(self.medium, self._parcel.manifest.source, self._parcel.manifest.name)
                return self._make_receipt(UNCHANGED, place, started, dropped)
            with contextlib.ExitStack() as undo:
                undo.callback(intake.abandon)
                intake.begin()
                self.wants = True
                self._decided.set()
                self._receive(intake)
                dropped = intake.reread(self._live)
                self._channel.raise_if_cancelled()
                place = intake.publish()
                undo.pop_all()
            return self._make_receipt(VERIFIED, place, started, dropped)

    def _receive(self, intake: Intake) -> None:
        while True:
            item = self._channel.get()
            if item is SOURCE_IS_WHOLE:
                return
            if item is END_OF_FILE:
                intake.end_file()
            elif isinstance(item, Start):
                intake.start_file(item.file)
            elif isinstance(item, bytes):
                intake.write(item)
            self._live()

    def _make_receipt(self, outcome: str, place: str, started: float, dropped: bool) -> Receipt:
        manifest = self._parcel.manifest
        return Receipt(
            name=manifest.name,
            source=manifest.source,
            medium=self.medium.name,
            kind=self.medium.kind,
            building=self.medium.building,
            path=place,
            at=stamp(self._clock.now()),
            seconds=round(self._clock.seconds() - started, 3),
            files=tuple((entry.file, entry.stored) for entry in manifest.files),
            manifest_sha256=self._parcel.manifest_sha256,
            outcome=outcome,
            dropped=dropped,
        )

    def _stalled(self, patience: float) -> MediumError:
        return MediumError(
            f"The medium '{self.medium.name}' took nothing for {patience:g} seconds and was left behind",
            "See whether its server or its disk hangs; then transfer again",
            code="medium.stalled",
        )
