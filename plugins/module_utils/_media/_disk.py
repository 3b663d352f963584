# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The medium ``disk``: a mount, a NAS, or a marked directory. See docs/media/disk.md."""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._base import _held as held
from .._base._errors import MediumError, NamingError
from .._base._findings import Finding
from .._base._io import PART, write_all
from .._base._model import Medium
from .._base._readback import WINDOW, forget_window
from .._naming import parse
from .._sets._manifest import SIGNATURE_SUFFIX, SUFFIX
from .._sets._store import set_directory
from ._base import Intake, Notice, Parcel, medium_error
from ._disk_check import check_disk, first_error
from ._disk_read import differences, holds, reread_artifact


class Disk:
    """The driver: stateless, as every driver."""

    kind = "disk"

    def check(self, medium: Medium, store: str, needed: int = 0) -> list[Finding]:
        return check_disk(medium, store, needed)

    def place(self, medium: Medium, source: str, name: str) -> str:
        return set_directory(medium.path, source, name)

    @contextlib.contextmanager
    def open(self, medium: Medium, store: str, parcel: Parcel) -> t.Iterator[Intake]:
        refusal = first_error(check_disk(medium, store))
        if refusal is not None:
            raise refusal
        with contextlib.ExitStack() as stack:
            try:
                root = stack.enter_context(held.opened_root(medium.path))
            except OSError as problem:
                raise medium_error(medium, "cannot be opened:", problem) from problem
            intake = DiskIntake(medium, store, parcel, root)
            stack.callback(intake.close)
            yield intake


class DiskIntake:
    """One set on its way onto a disk, in ``<name>.part`` until its last rename."""

    def __init__(self, medium: Medium, store: str, parcel: Parcel, root: int) -> None:
        self._medium = medium
        self._store = store
        self._parcel = parcel
        self._root = root
        self._identity = held.identity(os.fstat(root))
        self._name = parcel.manifest.name
        self._source = parcel.manifest.source
        self._shelf = -1
        self._staging = -1
        self._file = -1
        self._written = 0
        self._begun = False

    def present(self) -> bool:
        with self._words("cannot be listed"):
            self._refuse_other_case(self._root, self._source)
            try:
                self._shelf = held.open_below(self._root, self._source)
            except FileNotFoundError:
                return False
            self._refuse_other_case(self._shelf, self._name)
            return held.exists_below(self._shelf, self._name)

    def compare(self, notice: Notice) -> bool:
        with self._words("cannot be re-read"):
            found, dropped = ["it is no directory"], False
            if held.is_directory_below(self._shelf, self._name):
                descriptor = held.open_below(self._shelf, self._name)
                try:
                    found, dropped = differences(descriptor, self._parcel, notice)
                finally:
                    os.close(descriptor)
            self._still_there()
        if found:
            raise MediumError(
                f"The medium '{self._medium.name}' holds another {self._name}: {'; '.join(found[:3])}",
                "Nothing was overwritten. Verify the medium, find out which set is the right one, "
                "and move the wrong one away by hand",
                code="medium.conflict",
            )
        return dropped

    def begin(self) -> None:
        refusal = first_error(check_disk(self._medium, self._store, self._parcel.needed_bytes))
        if refusal is not None:
            raise refusal
        # What was checked by its path must be what is held open.
        self._still_there()
        with self._words("cannot take a new set"):
            if self._shelf < 0:
                held.make_below(self._root, self._source)
                self._shelf = held.open_below(self._root, self._source)
            for entry in sorted(os.listdir(self._shelf)):
                if _is_leftover(entry, self._source):
                    held.remove_flat(self._shelf, entry)
            os.mkdir(self._name + PART, 0o700, dir_fd=self._shelf)
            self._begun = True
            self._staging = held.open_below(self._shelf, self._name + PART)
            self._refuse_open_mode(self._staging)

    def start_file(self, file: str) -> None:
        with self._words("cannot be written"):
            self._file = held.create_below(self._staging, file)
            self._refuse_open_mode(self._file)
        self._written = 0

    def write(self, chunk: bytes) -> None:
        with self._words("cannot be written"):
            write_all(self._file, chunk)
        before = self._written
        self._written += len(chunk)
        # Sends dirty pages on their way early, so that the flush at the end has little left to do.
        if before // WINDOW != self._written // WINDOW:
            forget_window(self._file, max(before - WINDOW, 0) // WINDOW * WINDOW, self._written)

    def end_file(self) -> None:
        with self._words("cannot be flushed"):
            descriptor, self._file = self._file, -1
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def reread(self, notice: Notice) -> bool:
        dropped = True
        for entry in self._parcel.manifest.files:
            with self._words("cannot be re-read"):
                back = reread_artifact(self._staging, entry, notice)
            if back is None:
                raise self._corrupt(entry.file)
            dropped = dropped and back
        return dropped

    def publish(self) -> str:
        self._still_there()
        papers = [(self._name + SUFFIX, self._parcel.raw)]
        if self._parcel.signature is not None:
            papers.insert(0, (self._name + SUFFIX + SIGNATURE_SUFFIX, self._parcel.signature))
        with self._words("cannot take the manifest"):
            for file, data in papers:
                self.start_file(file)
                self.write(data)
                self.end_file()
                if not holds(self._staging, file, data):
                    raise self._corrupt(file)
            held.sync(self._staging)
        with self._words("cannot publish the set"):
            # rename(2) would take the place of an empty directory: be exact.
            if held.exists_below(self._shelf, self._name):
                raise FileExistsError(17, "exists already", self._name)
            self._still_there()
            self._refuse_another(self._name + PART)
            os.rename(self._name + PART, self._name, src_dir_fd=self._shelf, dst_dir_fd=self._shelf)
            self._begun = False
            # Asked again: between question and rename another host may have begun anew.
            self._refuse_another(self._name)
            held.sync(self._shelf)
        self._still_there()
        return set_directory(self._medium.path, self._source, self._name)

    def abandon(self) -> None:
        if self._begun:
            with contextlib.suppress(OSError):
                if self._staging >= 0 and held.leads_to(self._shelf, self._name + PART, self._staging):
                    held.remove_flat(self._shelf, self._name + PART)

    def close(self) -> None:
        for descriptor in (self._file, self._staging, self._shelf):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def _corrupt(self, file: str) -> MediumError:
        return MediumError(
            f"The medium '{self._medium.name}' gave back other bytes than were written: {file}",
            "Nothing was published there. Its disk or its network corrupts data: replace it",
            code="medium.corrupt",
        )

    def _refuse_other_case(self, directory: int, name: str) -> None:
        wanted = name.casefold()
        for entry in os.listdir(directory):
            if entry.casefold() == wanted and entry != name:
                raise MediumError(
                    f"The medium '{self._medium.name}' holds {entry}, which differs from {name} only in case",
                    "Names are unique without regard to case: rename the source, or move the other away by hand",
                    code="medium.case",
                )

    def _refuse_open_mode(self, descriptor: int) -> None:
        if held.open_to_others(descriptor):
            raise MediumError(
                f"The medium '{self._medium.name}' does not keep files from other users: {self._medium.path}",
                "Mount it with file_mode=0600,dir_mode=0700 (CIFS) or umask=0077 (FAT)",
                code="medium.modes",
            )

    def _refuse_another(self, name: str) -> None:
        """What is about to get, or has got, the set's name must be the directory that was filled and re-read."""
        if not held.leads_to(self._shelf, name, self._staging):
            raise MediumError(
                f"The medium '{self._medium.name}' has another {name} than was written: another host copies it, too",
                f"Give the source {self._source} a name of its own on each host of this medium, and verify the medium",
                code="medium.shared",
            )

    def _still_there(self) -> None:
        """The path must still lead to the directory that was opened: a mount can vanish in mid-copy."""
        try:
            there = held.identity(os.stat(self._medium.path)) == self._identity
        except OSError:
            there = False
        if not there:
            raise MediumError(
                f"The medium '{self._medium.name}' went away while it was used: {self._medium.path}",
                "Mount it again and repeat; what was copied before is checked again then",
                code="medium.vanished",
            )

    @contextlib.contextmanager
    def _words(self, what: str) -> t.Iterator[None]:
        try:
            yield
        except OSError as problem:
            self._still_there()
            raise medium_error(self._medium, f"{what}:", problem) from problem


def _is_leftover(entry: str, source: str) -> bool:
    """A source's name is unique in the site, so an unfinished set of it can only be this host's own."""
    if not entry.endswith(PART):
        return False
    try:
        return parse(entry[: -len(PART)]).data == source
    except NamingError:
        return False
