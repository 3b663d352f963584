# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a small personnel database and the source tree of a web site. Nobody in it exists."""

from __future__ import annotations

import os
import random
import sqlite3
from pathlib import Path

_FIRST = (
    "Arjuna",
    "Bulan",
    "Cempaka",
    "Damar",
    "Embun",
    "Fajar",
    "Galih",
    "Intan",
    "Kirana",
    "Langit",
    "Melati",
    "Nuri",
)
_LAST = ("Angkasa", "Belantara", "Cakrawala", "Dermaga", "Gunung", "Lazuardi", "Muara", "Nirwana", "Rimba")
_UNITS = ("Sekretariat", "Bidang Aplikasi", "Bidang Infrastruktur", "Bidang Statistik", "UPT Pusat Data")
_PAGES = {
    "index.html": "<!doctype html><title>Kabupaten Contoh</title><h1>Selamat datang</h1>\n",
    "layanan/surat.html": "<!doctype html><title>Layanan surat</title><p>Contoh belaka.</p>\n",
    "app/config.example.ini": "[database]\nname = simpeg\n",
}


def personnel(path: Path, people: int, seed: int) -> None:
    """A database with units, employees and their attendance."""
    chance = random.Random(seed)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE unit (id INTEGER PRIMARY KEY, nama TEXT NOT NULL)")
        connection.execute(
            "CREATE TABLE pegawai"
            " (id INTEGER PRIMARY KEY, nip TEXT UNIQUE, nama TEXT, unit INTEGER REFERENCES unit(id))"
        )
        connection.execute("CREATE TABLE hadir (pegawai INTEGER REFERENCES pegawai(id), tanggal TEXT, masuk TEXT)")
        connection.execute("CREATE VIEW per_unit AS SELECT unit, count(*) AS orang FROM pegawai GROUP BY unit")
        connection.executemany("INSERT INTO unit (nama) VALUES (?)", [(name,) for name in _UNITS])
        for number in range(1, people + 1):
            name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
            unit = chance.randint(1, len(_UNITS))
            connection.execute(
                "INSERT INTO pegawai (nip, nama, unit) VALUES (?, ?, ?)", (f"00{number:016d}", name, unit)
            )
        connection.executemany("INSERT INTO hadir VALUES (?, ?, ?)", _attendance(people, chance))
    connection.close()


def _attendance(people: int, chance: random.Random) -> list[tuple[int, str, str]]:
    return [
        (person, f"2026-11-{day:02d}", f"07:{chance.randint(0, 59):02d}")
        for person in range(1, people + 1)
        for day in range(1, 21)
    ]


def website(root: Path) -> None:
    """A source tree with a link, a private file and a directory of its own."""
    for name, text in _PAGES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    os.chmod(root / "app/config.example.ini", 0o640)
    (root / "beranda.html").symlink_to("index.html")


def damage(path: Path) -> None:
    """Overwrite pages in the middle of a database, as a failing disk would."""
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size // 2)
        stream.write(b"\xff" * 8192)
