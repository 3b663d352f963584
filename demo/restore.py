# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens sets with exactly the commands that their manifests print, and compares with what was backed up."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import subprocess
from pathlib import Path


def from_store(place: Path, night: datetime.date) -> list[str]:
    """Restore SIMPEG and SITUS of a night from building B; returns what was compared."""
    return [_database(place, night), _tree(place, night)]


def _database(place: Path, night: datetime.date) -> str:
    opened, manifest, _use = _open(place, "SIMPEG", night, "simpeg.db")
    rows = manifest["inventory"]["totals"]["rows"]
    script = "SELECT (SELECT count(*) FROM unit) + (SELECT count(*) FROM pegawai) + (SELECT count(*) FROM hadir)"
    for database in (opened, place / "data" / "simpeg.db"):
        found = subprocess.run(["sqlite3", str(database), script], check=True, capture_output=True, text=True).stdout
        if int(found) != rows:
            raise SystemExit(f"{database} has {found.strip()} rows, and the manifest says {rows}")
    return f"restored SIMPEG from building B: SHA-256 equal, {rows} rows as in the manifest and in the original"


def _tree(place: Path, night: datetime.date) -> str:
    opened, manifest, use = _open(place, "SITUS", night, "situs.tar")
    target = place / "restored" / "situs"
    target.mkdir()
    _shell(use, PLAIN=opened, TARGET=target)
    subprocess.run(["diff", "--recursive", "--no-dereference", str(place / "data/situs"), str(target)], check=True)
    files = manifest["inventory"]["totals"]["file"]
    return f"restored SITUS from building B: {files} files, equal to the original by diff"


def _open(place: Path, source: str, night: datetime.date, name: str) -> tuple[Path, dict, str]:
    """Run the manifest's own line with the escrow key and compare the plain hash."""
    [path] = (place / "gedung-b/nas" / source).glob(f"{night:%Y%m%d}24*/*.manifest.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    [entry] = manifest["files"]
    recipe = manifest["recipe"]["files"][entry["file"]]
    opened = place / "restored" / name
    opened.parent.mkdir(exist_ok=True)
    print(f"    $ {recipe['open']}", flush=True)
    _shell(recipe["open"], KEY=place / "keys/escrow.txt", FILE=path.parent / entry["file"], PLAIN=opened)
    digest = hashlib.sha256(opened.read_bytes()).hexdigest()
    if digest != entry["plain"]["sha256"]:
        raise SystemExit(f"{opened} has SHA-256 {digest}, and the manifest says {entry['plain']['sha256']}")
    return opened, manifest, recipe["use"]


def _shell(line: str, **parameters: Path) -> None:
    """The line as a person would type it, in a POSIX shell with its parameters set."""
    values = {key: str(value) for key, value in parameters.items()}
    subprocess.run(["sh", "-ec", line], check=True, env={**os.environ, **values})
