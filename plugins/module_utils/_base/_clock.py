# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that reads the clock, with a documented override (``at``).

With an override the clock starts at the given moment and runs on from there.
Durations come from the monotonic clock, so a clock that is set back in the
middle of a run changes none of them.
"""

from __future__ import annotations

import datetime
import time

from ._errors import BackupError

UTC = datetime.timezone.utc


class Clock:
    """Wall time in UTC, and seconds since the clock was made."""

    def __init__(self, at: datetime.datetime | None = None) -> None:
        self._at = at
        self._start = time.monotonic()

    def now(self) -> datetime.datetime:
        if self._at is None:
            return datetime.datetime.now(UTC)
        return self._at + datetime.timedelta(seconds=self.seconds())

    def seconds(self) -> float:
        """Monotonic seconds since this clock was made."""
        return time.monotonic() - self._start


def stamp(moment: datetime.datetime) -> str:
    """A UTC time as it stands in journals and manifests: ``2026-11-20T17:00:03Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_at(text: str) -> datetime.datetime | None:
    """The override as a moment: ISO 8601 with an offset or Z; empty means no override."""
    if not text:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise BackupError(
            f"The moment {ascii(text)[:60]} is not understood",
            "Write it like 2026-11-21T00:00:00+07:00",
            code="config.moment",
        ) from problem
    raise BackupError(
        f"The moment {ascii(text)[:60]} has no offset from UTC",
        "Write it like 2026-11-21T00:00:00+07:00",
        code="config.moment",
    )
