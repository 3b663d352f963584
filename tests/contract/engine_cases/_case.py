# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the contract suite must know of an engine to test it like any other."""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import pathlib
import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Stream


@dataclasses.dataclass(frozen=True)
class Dumped:
    """One stream that was read whole into a plain file, and a check that saw nothing of it yet."""

    stream: Stream
    file: pathlib.Path
    fresh_check: t.Any


@dataclasses.dataclass(frozen=True)
class Copy:
    """What a restore made: its content, and the options by which the engine reads it like any source."""

    content: t.Any
    options: t.Mapping[str, t.Any]


class Source(abc.ABC):
    """One source with content, made for one test."""

    options: t.Mapping[str, t.Any]
    # What the inventory's totals must say, at least.
    totals: t.Mapping[str, int]

    @abc.abstractmethod
    def content(self) -> t.Any:
        """The content as a value that compares equal to that of a copy."""

    @abc.abstractmethod
    def restored(self, dumped: t.Sequence[Dumped], directory: pathlib.Path) -> contextlib.AbstractContextManager[Copy]:
        """Restore with the streams' own words into an empty directory; the copy is gone afterwards."""

    @abc.abstractmethod
    def fingerprint(self) -> t.Any:
        """All that a dump must leave as it was."""

    @abc.abstractmethod
    def read_only(self) -> contextlib.AbstractContextManager[None]:
        """Inside, whoever dumps may read the source and nothing more."""


class EngineCase(abc.ABC):
    """One row of the suite."""

    name: str
    # What it was tested with, by the Debian that carries it; the beginning of a version.
    versions: t.Mapping[str, str] = {}
    # Where it runs: in the containers that carry one of these marks.
    marks: t.Sequence[str] = ("debian13",)
    # Names of a source (database, file or directory) that break what is built from strings.
    hostile_names: t.Sequence[str] = ()
    # Options that must be refused, and the path of the value that the problem must name.
    bad_options: t.Sequence[tuple[t.Mapping[str, t.Any], str]] = ()
    # Tests of promises that this engine does not make, and why.
    lacks: t.Mapping[str, str] = {}

    @abc.abstractmethod
    def source(self, directory: pathlib.Path, name: str = "plain") -> contextlib.AbstractContextManager[Source]:
        """A small source of that name; the directory is empty and everybody may read it."""

    @abc.abstractmethod
    def full_source(self, directory: pathlib.Path) -> contextlib.AbstractContextManager[Source]:
        """A source that holds every kind of content that the engine has."""

    @abc.abstractmethod
    def missing(self, directory: pathlib.Path) -> t.Mapping[str, t.Any]:
        """Valid options of a source that is not there; its name has ``nowhere`` in it."""
