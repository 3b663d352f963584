# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one shape that every medium has. A medium knows one kind of store and no engine."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._base._errors import MediumError
from .._base._findings import Finding
from .._base._io import disk_error
from .._base._model import Medium
from .._sets._manifest import Manifest, digest_of

Notice = t.Callable[[], None]


@dataclasses.dataclass(frozen=True)
class Parcel:
    """One set as it is handed to media: where it lies, its manifest, and the bytes of both papers.

    ``signature`` is None for a set that was never signed.
    """

    directory: str
    manifest: Manifest
    raw: bytes
    signature: bytes | None

    @property
    def manifest_sha256(self) -> str:
        return digest_of(self.raw)

    @property
    def needed_bytes(self) -> int:
        """What the set takes on a medium."""
        return self.manifest.stored_bytes + len(self.raw) + len(self.signature or b"")


def medium_error(medium: Medium, what: str, problem: OSError) -> MediumError:
    """What the operating system said of a medium, in words."""
    words = disk_error(f"The medium '{medium.name}' {what}", str(problem.filename or medium.path), problem)
    return MediumError(words.what, words.remedy, code=words.code.replace("disk", "medium", 1))


class Intake(t.Protocol):
    """One set on its way onto one medium. One thread uses it, in the order of the methods.

    Every method raises ``MediumError`` in words when the medium does not do
    its part; nothing stands at the final name before `publish`.
    """

    def present(self) -> bool:
        """Whether a set of that name lies there; a name that differs only in case is refused."""

    def compare(self, notice: Notice) -> bool:
        """Re-read the set that lies there: refused unless whole and equal. True: read from the medium."""

    def begin(self) -> None:
        """Make room for the set and remove what an interrupted transfer of this source left."""

    def start_file(self, file: str) -> None:
        """The next artifact follows."""

    def write(self, chunk: bytes) -> None:
        """The next bytes of it."""

    def end_file(self) -> None:
        """It is whole: flush it to the medium."""

    def reread(self, notice: Notice) -> bool:
        """Re-read all artifacts and compare them with the manifest. True: read from the medium."""

    def publish(self) -> str:
        """Write and compare signature and manifest, give the set its name; returns its place."""

    def abandon(self) -> None:
        """Remove what did not come to be, as far as the medium still answers. Never raises."""


class MediumDriver(t.Protocol):
    """A driver is stateless: the medium is handed in."""

    kind: str

    def check(self, medium: Medium, store: str, needed: int = 0) -> list[Finding]:
        """Look without writing: is it there, is it the right one, is there room for ``needed`` bytes?"""

    def place(self, medium: Medium, source: str, name: str) -> str:
        """Where a set lies on the medium, in words a person can follow."""

    def open(self, medium: Medium, store: str, parcel: Parcel) -> contextlib.AbstractContextManager[Intake]:
        """Take one set in. Raises ``MediumError`` with the first error that `check` finds."""
