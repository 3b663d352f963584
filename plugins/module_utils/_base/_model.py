# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked for: the site's configuration as frozen values (made by ``_config``)."""

from __future__ import annotations

import dataclasses
import typing as t

FREQUENCIES = ("daily", "weekly", "monthly", "incidental")
TYPES = ("F", "D", "I")
MEDIA_KINDS = ("disk", "vault", "object", "optical", "tape")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclasses.dataclass(frozen=True)
class PlanEntry:
    """When one type of backup is due (P12.1, P12.9). ``day`` is empty, a weekday, or 1-31 or 'last'."""

    type: str
    frequency: str
    day: str = ""
    at: str = "24:00"


@dataclasses.dataclass(frozen=True)
class Protection:
    """How an artifact is compressed, encrypted and proven.

    ``compression``: zstd, gzip or none; ``level`` is the codec's own;
    ``encryption``: age or none; ``proof``: stored (bytes read back) or open
    (also decrypted with a key that lives in memory only, and compared).
    ``inventory``: objects, rows or digests. ``read_back`` is a bench's switch.
    """

    compression: str = "zstd"
    level: int = 3
    encryption: str = "age"
    recipients: tuple[str, ...] = ()
    proof: str = "stored"
    inventory: str = "rows"
    read_back: bool = True


@dataclasses.dataclass(frozen=True)
class Medium:
    """A store that copies go to. ``kind`` is one of MEDIA_KINDS."""

    name: str
    kind: str
    path: str
    building: str = ""


@dataclasses.dataclass(frozen=True)
class Hook:
    """A program that runs before or after dumps: ``run`` is its words, nothing of them secret.

    ``time_limit``: minutes. ``on_failure`` is of a before-hook alone: ``fail``
    leaves the dumps out, ``continue`` makes them all the same and warns.
    """

    run: tuple[str, ...]
    time_limit: int = 10
    on_failure: str = "fail"


@dataclasses.dataclass(frozen=True)
class Hooks:
    """What runs before and after: the after-hook whenever anything was begun, whatever came of it."""

    before: Hook | None = None
    after: Hook | None = None

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


@dataclasses.dataclass(frozen=True)
class Group:
    """Sources that are dumped in one maintenance window (K3)."""

    name: str
    hooks: Hooks


@dataclasses.dataclass(frozen=True)
class Source:
    """One thing that is backed up. ``name`` is *NamaData* (P13.2); ``options`` belong to the engine.

    ``each``: where several frequencies fall on one night, all run and not the
    rarest alone. ``smallest``: per cent of its history below which a dump is
    implausible. ``time_limit``: minutes.
    """

    name: str
    engine: str
    options: t.Any
    plan: tuple[PlanEntry, ...]
    media: tuple[str, ...]
    protection: Protection
    each: bool = False
    smallest: int = 50
    description: str = ""
    time_limit: int = 1440
    group: str = ""
    hooks: Hooks = Hooks()

    def with_options(self, options: t.Any) -> Source:
        return dataclasses.replace(self, options=options)


@dataclasses.dataclass(frozen=True)
class Site:
    """All that one host needs for a night, and nothing secret."""

    host: str
    zone: str
    building: str
    store: str
    state: str
    style: str
    process_letter: bool
    window_end: str
    signing_key: str
    sources: tuple[Source, ...]
    media: tuple[Medium, ...]
    groups: tuple[Group, ...] = ()

    def medium(self, name: str) -> Medium:
        return next(medium for medium in self.media if medium.name == name)

    def group(self, name: str) -> Group | None:
        return next((group for group in self.groups if group.name == name), None)

    def members(self, group: str) -> list[Source]:
        return [source for source in self.sources if group and source.group == group]
