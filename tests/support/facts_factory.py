# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of fictional hosts as docs/facts.md promises them, for tests of the report."""

from __future__ import annotations

import datetime as dt
import hashlib
import typing as t
import zoneinfo

UTC = dt.timezone.utc
NIGHT = dt.date(2026, 11, 20)
Facts = dict[str, t.Any]


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def utc(moment: dt.datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plan(frequency: str = "daily", kind: str = "F", day: str = "", at: str = "24:00") -> Facts:
    return {"type": kind, "frequency": frequency, "day": day, "at": at}


def source(name: str, *plans: Facts, **over: t.Any) -> Facts:
    found = {
        "name": name,
        "engine": "postgresql",
        "description": f"Data {name}",
        "target": f"database {name.lower()} on /var/run/postgresql",
        "media": ["internal", "gedung-b"],
        "encryption": "age",
        "recipients": 2,
        "plan": list(plans) or [plan()],
    }
    return {**found, **over}


def medium(name: str, building: str, **over: t.Any) -> Facts:
    found = {
        "name": name,
        "kind": "disk",
        "path": f"/mnt/{name}",
        "building": building,
        "reachable": True,
        "problem": "",
        "free_bytes": 1_400_000_000_000,
        "total_bytes": 4_000_000_000_000,
    }
    return {**found, **over}


def slot_of(night: dt.date, zone: str, at: str = "24:00") -> dt.datetime:
    hour, minute = (int(part) for part in at.split(":"))
    day = night + dt.timedelta(days=hour // 24)
    return dt.datetime(day.year, day.month, day.day, hour % 24, minute, tzinfo=zoneinfo.ZoneInfo(zone))


def run(name: str, night: dt.date = NIGHT, zone: str = "Asia/Jakarta", **over: t.Any) -> Facts:
    """One successful attempt three seconds after its slot; keywords change any field."""
    begin = slot_of(night, zone)
    seconds = over.get("seconds", 247.1)
    started = begin + dt.timedelta(seconds=over.pop("delay", 3))
    ended = started + dt.timedelta(seconds=seconds or 0)
    kind, frequency = over.get("type", "F"), over.get("frequency", "daily")
    found = {
        "run": f"{utc(started).replace('-', '').replace(':', '')}-{digest(name, night, started)[:4]}",
        "source": name,
        "name": f"{night:%Y%m%d}24{kind}1{frequency[:1].upper()}-{name}",
        "type": kind,
        "frequency": frequency,
        "night": night.isoformat(),
        "slot": begin.isoformat(),
        "mode": "scheduled",
        "late": False,
        "outcome": "success",
        "started": utc(started),
        "ended": utc(ended),
        "seconds": seconds,
        "plain_bytes": 1_800_000_000,
        "stored_bytes": 317_000_000,
        "plausible": True,
        "error": None,
        "findings": [],
        "copies": [copy("internal", "A", ended), copy("gedung-b", "B", ended)],
    }
    return {**found, **over}


def failed(name: str, night: dt.date = NIGHT, zone: str = "Asia/Jakarta", **over: t.Any) -> Facts:
    error = {
        "code": "engine.postgresql.permission",
        "message": f"pg_dump of database {name.lower()} stopped with exit status 1",
        "remedy": "Give the backup role the missing grant and run again",
        "detail": "pg_dump: error: permission denied for table gaji",
    }
    base = {
        "outcome": "failed",
        "error": error,
        "copies": [],
        "plain_bytes": None,
        "stored_bytes": None,
        "seconds": 12.4,
    }
    return run(name, night, zone, **{**base, **over})


def copy(name: str, building: str, at: dt.datetime, **over: t.Any) -> Facts:
    found = {"medium": name, "building": building, "outcome": "verified", "at": utc(at), "seconds": 20.0, "error": None}
    return {**found, **over}


def backup_set(attempt: Facts, host: str, **over: t.Any) -> Facts:
    """The set that a successful attempt left in the local store."""
    name = attempt["name"]
    stored, plain = digest(name, "stored"), digest(name, "plain")
    file = {
        "file": f"{name}.pgdump.zst.age",
        "part": "",
        "bytes": attempt["stored_bytes"],
        "sha256": stored,
        "plain_bytes": attempt["plain_bytes"],
        "plain_sha256": plain,
    }
    found = {
        **{
            key: attempt[key] for key in ("name", "source", "type", "frequency", "night", "plain_bytes", "stored_bytes")
        },
        "created": attempt["ended"],
        "host": host,
        "engine": "postgresql",
        "version": "17.2",
        "sha256": stored,
        "files": [file],
        "compression": "zstd",
        "encryption": "age",
        "proof": "stored",
        "signed": True,
        "inventory": {"exact": True, "why": "", "totals": {"table": 12, "rows": 40_000}},
        "plausible": attempt["plausible"],
        "warnings": [],
        "copies": [
            {key: item[key] for key in ("medium", "building", "at")}
            for item in attempt["copies"]
            if item["outcome"] != "failed"
        ],
    }
    return {**found, **over}


def facts(host: str = "db1", **over: t.Any) -> Facts:
    """A reached host of building A in Jakarta, asked at 07:10 WIB after the night."""
    zone = over.get("zone", "Asia/Jakarta")
    generated = slot_of(NIGHT, zone) + dt.timedelta(hours=7, minutes=10)
    found = {
        "schema": 1,
        "collection": "0.1.0",
        "host": host,
        "building": "A",
        "zone": zone,
        "generated": utc(generated),
        "style": "compact",
        "window_end": "06:00",
        "state": "/var/lib/nusantara-backup",
        "store": {
            "path": "/var/backups/nusantara",
            "reachable": True,
            "problem": "",
            "free_bytes": 210_000_000_000,
            "total_bytes": 500_000_000_000,
            "sets": 14,
        },
        "journal": {"entries": 120, "head": digest(host, "head"), "intact": True, "problem": ""},
        "media": [medium("internal", "A"), medium("gedung-b", "B", kind="vault")],
        "sources": [],
        "groups": [],
        "runs": [],
        "hooks": [],
        "sets": [],
        "unplanned": [],
        "unknown": [],
        "verified": {"at": utc(generated - dt.timedelta(hours=1)), "sets": 14, "problems": 0},
    }
    return {**found, **over}


def hook(attempt: Facts, when: str, **over: t.Any) -> Facts:
    """A hook of a group around one attempt that ended well."""
    found = {
        "run": attempt["run"],
        "kind": "group",
        "name": "Kepegawaian",
        "when": when,
        "night": attempt["night"],
        "words": ["/usr/local/sbin/maintenance", when],
        "sources": [attempt["source"]],
        "started": attempt["started"],
        "ended": attempt["ended"],
        "outcome": "success",
        "status": 0,
        "seconds": 1.5,
        "said": "",
        "by": "run",
        "in_run": "",
        "error": None,
    }
    return {**found, **over}


def host_with(*runs: Facts, sources: t.Sequence[Facts] = (), host: str = "db1", **over: t.Any) -> Facts:
    """A host with these attempts and the sets of the successful ones; a source for each name unless given."""
    names = dict.fromkeys(item["source"] for item in runs)
    found = {
        "sources": list(sources) or [source(name) for name in names],
        "runs": sorted(runs, key=lambda item: item["started"], reverse=True),
        "sets": [backup_set(item, host) for item in runs if item["outcome"] == "success"],
    }
    return facts(host, **{**found, **over})


def unreachable(host: str = "db9", *sources: Facts, problem: str = "Failed to connect to the host via ssh") -> Facts:
    return {
        "host": host,
        "facts": None,
        "unreachable": True,
        "problem": problem,
        "building": "A",
        "sources": list(sources),
    }
