# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one shape that every engine has. An engine knows its data and no medium."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._base._findings import Finding
from .._base._process import Children, Command
from .._base._reader import Reader

Buffer = t.Union[bytes, bytearray, memoryview]


@dataclasses.dataclass(frozen=True)
class Context:
    """What an engine may use while it works.

    ``work`` is a directory of mode 0700 that is gone when the run ends,
    however it ends; ``children`` starts programs; ``inventory`` is the depth
    that was asked for (objects, rows, digests).
    """

    children: Children
    work: str
    inventory: str = "rows"


@dataclasses.dataclass(frozen=True)
class Probe:
    """What is known of a source before it is dumped.

    ``estimated_bytes`` is of the plain stream; ``work_bytes`` what the work
    directory will hold for a while; ``server`` names the server (empty where
    there is none); ``databases`` are all that the server has, ``selected``
    the ones this source will dump; findings of level error stop the dump.
    """

    version: str
    estimated_bytes: int
    server: str = ""
    databases: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    work_bytes: int = 0
    findings: tuple[Finding, ...] = ()
    tools: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Planned:
    """What a source plans by its options alone, without asking the server (K1).

    ``server`` as in `Probe`; ``every`` says that all databases of the server
    are planned, whatever they are called.
    """

    server: str
    databases: tuple[str, ...] = ()
    every: bool = False


@t.runtime_checkable
class Planner(t.Protocol):
    """An engine that can say what is planned though the server cannot be seen; engines of servers should."""

    def planned(self, options: t.Any) -> Planned:
        """The plan of one source."""


class EndCheck(t.Protocol):
    """Sees every byte of the plain stream once and says at the end whether it was complete."""

    def feed(self, chunk: Buffer) -> None:
        """A chunk of any size; its buffer is used again after the call, so copy what you keep."""

    def finish(self) -> None:
        """Raise ``EngineError`` (code ``engine.incomplete``) unless the end of the dump was seen."""


@dataclasses.dataclass(frozen=True)
class InventoryObject:
    """One object inside a dump; ``rows`` and ``digest`` are None where they were not taken.

    ``encoding`` is what a restore elsewhere must know of its text, in the
    server's own words, such as character set and collation.
    """

    kind: str
    name: str
    database: str = ""
    rows: int | None = None
    digest: str | None = None
    encoding: str = ""


@dataclasses.dataclass(frozen=True)
class Inventory:
    """The content of a set. ``exact`` only when taken in the dump's own snapshot; else ``why`` says why not."""

    exact: bool
    totals: t.Mapping[str, int]
    objects: tuple[InventoryObject, ...] = ()
    why: str = ""


def nothing() -> None:
    """Where there is nothing to end."""


@dataclasses.dataclass(frozen=True)
class Stream:
    """One plain stream, which becomes one artifact file of the set.

    Either ``command`` writes it to stdout or ``file`` is read. ``part`` is
    the label in the file's name ('' for the only or main one), ``kind`` the
    ending (pgdump, sql, sqlite, tar). ``judge`` gets exit status and stderr:
    it returns warnings or raises ``EngineError``. ``restore`` is the stock
    command that takes the plain stream, as words: ``{input}`` alone stands
    for the plain file where the command cannot read standard input.
    ``stop`` ends what the end check or the server still does for it: called
    from any thread when its time is over, and harmless at any other moment.
    """

    part: str
    kind: str
    end_check: EndCheck
    judge: t.Callable[[int, str], t.Sequence[Finding]]
    restore: tuple[str, ...]
    command: Command | None = None
    file: str = ""
    database: str = ""
    stop: t.Callable[[], None] = nothing


class Session(t.Protocol):
    """One consistent view of the source, open while its streams are read."""

    def streams(self) -> t.Iterator[Stream]:
        """The streams in order; the next is asked for only when the one before was read whole."""

    def inventory(self) -> Inventory:
        """Called once, after the last stream."""

    def findings(self) -> t.Sequence[Finding]:
        """What came up on the way, such as parts that are not consistent."""


class Engine(t.Protocol):
    """An engine is stateless: options and probe are handed in."""

    name: str
    types: frozenset[str]

    def parse(self, reader: Reader) -> t.Any:
        """The engine's own options as a frozen dataclass; problems go to the reader."""

    def probe(self, options: t.Any, context: Context) -> Probe:
        """Look, without changing anything. Raises ``EngineError`` when the source cannot be reached."""

    def open(self, options: t.Any, probe: Probe, context: Context) -> contextlib.AbstractContextManager[Session]:
        """A session on what was probed."""

    def describe(self, options: t.Any) -> str:
        """The source in words for messages, without secrets: ``database simpeg on /var/run/postgresql``."""
