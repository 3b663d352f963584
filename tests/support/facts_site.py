# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fictional city's site over five weeks, with everything that a report can show."""

from __future__ import annotations

import datetime as dt
import random
import typing as t

from .facts_factory import (
    NIGHT,
    Facts,
    backup_set,
    copy,
    facts,
    failed,
    medium,
    plan,
    run,
    slot_of,
    source,
    unreachable,
)

OFFICERS = [
    {"role": "operator", "name": "Sekar Anindya", "number": "00000000 000000 2 001"},
    {"role": "analyst", "name": "Bima Wicaksono", "number": "00000000 000000 1 002"},
    {"role": "head", "name": "Ratri Kusumaningrum", "number": "00000000 000000 2 003"},
]
ORGANISATION = "Dinas Komunikasi dan Informatika Kota Contoh"
DOCUMENT = {"number": "LHB/01/2026", "revision": "02", "effective": "2026-01-05"}


def site() -> list[Facts]:
    return [
        _staff(),
        _finance(),
        _web(),
        unreachable("arsip1", source("Arsip"), source("Surat", plan("weekly", day="friday"))),
    ]


def _nights(count: int) -> list[dt.date]:
    return [NIGHT - dt.timedelta(days=back) for back in range(count)]


def _grown(name: str, night: dt.date, base: int, seed: int, **over: t.Any) -> Facts:
    """A run whose size grows by half a percent a night with a little noise."""
    noise = random.Random(f"{seed}{night}").uniform(0.98, 1.02)
    stored = int(base * noise * 1.005 ** (35 - (NIGHT - night).days))
    seconds = round(stored / 1_300_000 * noise, 1)
    return run(name, night, **{"stored_bytes": stored, "plain_bytes": int(stored * 5.6), "seconds": seconds, **over})


def _host(name: str, sources: list[Facts], runs: list[Facts], **over: t.Any) -> Facts:
    runs = sorted(runs, key=lambda item: item["started"], reverse=True)
    sets = [backup_set(item, name) for item in runs if item["outcome"] == "success" and item["night"] >= "2026-11-14"]
    return facts(name, **{"sources": sources, "runs": runs, "sets": sets, **over})


def _staff() -> Facts:
    """Weekly F and daily D; attendance fails tonight, and was tried twice a week ago."""
    runs: list[Facts] = []
    for night in _nights(35):
        weekly = night.weekday() == 5
        kind = {"type": "F", "frequency": "weekly"} if weekly else {"type": "D", "frequency": "daily"}
        runs.append(
            _grown("SIMPEG", night, 310_000_000 if weekly else 24_000_000 + 3_000_000 * night.weekday(), 1, **kind)
        )
        if night == NIGHT:
            runs += [failed("Presensi", night), failed("Presensi", night, delay=5400)]
        elif (NIGHT - night).days == 9:
            runs += [failed("Presensi", night), _grown("Presensi", night, 88_000_000, 2, delay=5400)]
        elif (NIGHT - night).days not in (16, 17):
            runs.append(_grown("Presensi", night, 88_000_000, 2))
    sources = [
        source("SIMPEG", plan("weekly", "F", "saturday"), plan("daily", "D"), description="Kepegawaian"),
        source("Presensi", description="Presensi pegawai"),
    ]
    unplanned = [{"engine": "postgresql", "server": "/var/run/postgresql:5432", "database": "kepegawaian_baru"}]
    return _host("db1", sources, runs, unplanned=unplanned, unknown=["/var/backups/nusantara/SIMPEG/old.dump"])


def _finance() -> Facts:
    """Finance is implausibly small tonight, permits did not run, the e-mail archive missed its second copy."""
    runs: list[Facts] = []
    broken = {"code": "medium.not_mounted", "message": "gedung-b is not mounted at /mnt/gedung-b", "remedy": "Mount it"}
    for night in _nights(35):
        odd = {"stored_bytes": 21_000_000, "plain_bytes": 96_000_000, "plausible": False} if night == NIGHT else {}
        runs.append(_grown("Keuangan", night, 640_000_000, 3, **odd))
        if night != NIGHT:
            runs.append(_grown("Perizinan", night, 150_000_000, 4))
        if (NIGHT - night).days < 20:
            end = slot_of(night, "Asia/Jakarta") + dt.timedelta(minutes=40)
            second = (
                copy("gedung-b", "B", end, outcome="failed", error=broken)
                if night == NIGHT
                else copy("gedung-b", "B", end)
            )
            runs.append(_grown("Persuratan", night, 45_000_000, 5, copies=[copy("internal", "A", end), second]))
    names = {"Keuangan": "Keuangan daerah", "Perizinan": "Perizinan terpadu", "Persuratan": "Persuratan elektronik"}
    sources = [source(name, description=text) for name, text in names.items()]
    media = [
        medium("internal", "A"),
        medium("gedung-b", "B", reachable=False, problem="not mounted", free_bytes=None, total_bytes=None),
    ]
    return _host("db2", sources, runs, media=media, verified=None)


def _web() -> Facts:
    """A source tree in clear and in one building only, a monthly one that is not due, one caught up late."""
    runs = []
    for night in _nights(35):
        end = slot_of(night, "Asia/Jakarta") + dt.timedelta(minutes=9)
        near = [copy("internal", "A", end)]
        runs.append(_grown("Situs", night, 12_000_000, 6, copies=near))
        late = {"late": True, "delay": 25_000} if night == NIGHT else {}
        runs.append(_grown("Pengaduan", night, 7_400_000, 7, **late))
    sources = [
        source(
            "Situs",
            engine="files",
            media=["internal"],
            description="Kode sumber situs",
            target="/srv/www",
            encryption="none",
        ),
        source("Pengaduan", engine="sqlite", description="Pengaduan warga", target="/srv/pengaduan/data.db"),
        source("Statistik", plan("monthly", day="last"), engine="sqlite", description="Statistik bulanan"),
    ]
    found = _host("web1", sources, runs)
    for item in found["sets"]:
        if item["source"] == "Situs":
            item.update(encryption="none", engine="files", version="1.35")
    return found
