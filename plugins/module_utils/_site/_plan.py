# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would be done: pure functions from the site, a moment and the history to jobs."""

from __future__ import annotations

import calendar
import dataclasses
import datetime
import typing as t

from .._base._errors import BackupError
from .._base._model import WEEKDAYS, Group, PlanEntry, Site, Source
from .._naming import FREQUENCY_LETTER, NameFields, Slot, fields_for, incidental_slot, media_digit, slot_for

SCHEDULED = "scheduled"
INCIDENTAL = "incidental"
MODES = (SCHEDULED, INCIDENTAL)
_RARITY = {"monthly": 0, "weekly": 1, "daily": 2}


@dataclasses.dataclass(frozen=True)
class Job:
    """One source that is to be backed up now; ``made`` names a set of this night that only lacks copies."""

    source: Source
    type: str
    frequency: str
    slot: Slot
    mode: str
    made: str = ""

    @property
    def night(self) -> str:
        return self.slot.night.isoformat()

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two attempts tries at the same work."""
        return self.source.name, self.night, self.frequency

    def fields(self, *, process_letter: bool, run: int = 1) -> NameFields:
        """The fields of the set's name on a disk (P13.5)."""
        letter = ("A" if self.mode == SCHEDULED else "M") if process_letter else ""
        return fields_for(
            self.slot.stamp,
            type=self.type,
            media=media_digit("disk"),
            frequency=FREQUENCY_LETTER[self.frequency],
            data=self.source.name,
            process=letter,
            run=run,
        )


@dataclasses.dataclass(frozen=True)
class Unit:
    """Jobs that share a maintenance window: those of a group, or one alone."""

    group: Group | None
    jobs: tuple[Job, ...]

    @property
    def dumps(self) -> list[Job]:
        """Those that are not only copied."""
        return [job for job in self.jobs if not job.made]


def units_of(site: Site, jobs: t.Sequence[Job]) -> list[Unit]:
    """The jobs in the order of the plan, those of a group together at the place of the first (K3)."""
    found: list[Unit] = []
    for job in jobs:
        group = site.group(job.source.group)
        together = next((unit for unit in found if group and unit.group == group), None)
        if together is None:
            found.append(Unit(group, (job,)))
        else:
            found[found.index(together)] = Unit(group, (*together.jobs, job))
    return found


def due_entries(source: Source, night: datetime.date) -> list[PlanEntry]:
    """What of the plan falls on a night (P12.1): the rarest alone, unless the source says ``each``."""
    due = [entry for entry in source.plan if _falls_on(entry, night)]
    due.sort(key=lambda entry: _RARITY[entry.frequency])
    return due if source.each else due[:1]


def _falls_on(entry: PlanEntry, night: datetime.date) -> bool:
    if entry.frequency == "daily":
        return True
    if entry.frequency == "weekly":
        return WEEKDAYS[night.weekday()] == entry.day
    if entry.frequency == "monthly":
        last = calendar.monthrange(night.year, night.month)[1]
        return night.day == (last if entry.day == "last" else int(entry.day))
    return False


def plan_jobs(
    site: Site,
    now: datetime.datetime,
    *,
    mode: str = SCHEDULED,
    only: t.Sequence[str] = (),
    night: datetime.date | None = None,
) -> list[Job]:
    """The jobs of a run that starts now; ``only`` names sources, ``night`` catches an earlier night up."""
    sources = _chosen(site, only)
    if mode == INCIDENTAL:
        slot = incidental_slot(now, site.zone)
        return [Job(source, "F", "incidental", slot, mode) for source in sources]
    jobs: list[Job] = []
    for source in sources:
        for at in dict.fromkeys(entry.at for entry in source.plan):
            slot = slot_for(now, site.zone, at=at, window_end=site.window_end, night=night)
            due = [entry for entry in due_entries(source, slot.night) if entry.at == at]
            jobs.extend(Job(source, entry.type, entry.frequency, slot, mode) for entry in due)
    return jobs


def _chosen(site: Site, only: t.Sequence[str]) -> list[Source]:
    known = {source.name for source in site.sources}
    for name in only:
        if name not in known:
            raise BackupError(
                f"The source {ascii(name)[:60]} is not configured on {site.host}",
                f"Configured are {', '.join(sorted(known)) or 'none'}",
                code="config.unknown_source",
            )
    return [source for source in site.sources if not only or source.name in only]
