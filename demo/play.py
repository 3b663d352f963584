# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration: two nights of a small made-up office, the report, and a restore with stock tools.

Everything lies in ``build/demo`` and is made anew each time. It needs
ansible-core, age, zstd and sqlite3, no server and no root.
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
import zoneinfo
from pathlib import Path

import people
import restore

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "build" / "demo"
BIN = Path(sys.executable).parent
ZONE = zoneinfo.ZoneInfo("Asia/Jakarta")


def main() -> int:
    first, second = nights()
    title(f"1  An office is made up in {short(PLACE)}")
    make_office(first)
    title(f"2  The night of {first}: everything is backed up")
    expect(playbook("backup", at=midnight_after(first)), 0)
    title(f"3  The night of {second}: the disk below ABSENSI has failed, and that backup must fail")
    people.damage(PLACE / "data" / "absensi.db")
    expect(playbook("backup", at=midnight_after(second)), 2)
    title("4  Every set is read again where it lies, in both buildings")
    expect(playbook("verify", at=morning_after(second)), 0)
    title("5  The laporan hasil backup is rendered; it says that something failed, and so does its exit status")
    expect(playbook("report", at=morning_after(second), extra={"backup_report_night": str(second)}), 2)
    title("6  A database and a tree are restored from building B with age, zstd, sqlite3 and tar alone")
    compared = restore.from_store(PLACE, first)
    conclude(first, second, compared)
    return 0


def nights() -> tuple[datetime.date, datetime.date]:
    """The last two nights that are over."""
    today = datetime.datetime.now(ZONE).date()
    return today - datetime.timedelta(days=2), today - datetime.timedelta(days=1)


def midnight_after(night: datetime.date) -> str:
    """24:00 of a night and some seconds, as the clock override of the playbooks takes it."""
    return f"{night + datetime.timedelta(days=1)}T00:00:07+07:00"


def morning_after(night: datetime.date) -> str:
    return f"{night + datetime.timedelta(days=1)}T07:00:00+07:00"


def make_office(first: datetime.date) -> None:
    if PLACE.exists():
        shutil.rmtree(PLACE)
    for name in ("data", "keys", "gedung-a/nas", "gedung-b/nas", "laporan"):
        (PLACE / name).mkdir(parents=True)
    people.personnel(PLACE / "data" / "simpeg.db", 400, seed=1945)
    people.personnel(PLACE / "data" / "absensi.db", 150, seed=1928)
    people.website(PLACE / "data" / "situs")
    for medium, name in (("gedung-a", "internal"), ("gedung-b", "gedung-b")):
        marker = PLACE / medium / "nas" / ".nusantara-backup-medium"
        marker.write_text(json.dumps({"name": name}) + "\n", encoding="utf-8")
    recipients = [make_key("kerja"), make_key("escrow")]
    site = {"backup_report_dir": str(PLACE / "laporan"), "backup_timezone": str(ZONE)}
    inventory = {"all": {"hosts": {"server-contoh": host_variables(recipients, first)}, "vars": site}}
    (PLACE / "inventory.json").write_text(json.dumps(inventory, indent=1), encoding="utf-8")
    say("made: databases SIMPEG and ABSENSI, a web site, two keys, a store in building A and one in building B")


def make_key(name: str) -> str:
    """A key pair of age; returns the public half."""
    path = PLACE / "keys" / f"{name}.txt"
    subprocess.run(["age-keygen", "-o", str(path)], check=True, capture_output=True)
    path.chmod(0o600)
    done = subprocess.run(["age-keygen", "-y", str(path)], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def host_variables(recipients: list[str], first: datetime.date) -> dict[str, object]:
    both = ["internal", "gedung-b"]
    weekday = first.strftime("%A").lower()
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "backup_building": "A",
        "backup_store": str(PLACE / "store"),
        "backup_state": str(PLACE / "state"),
        "backup_recipients": recipients,
        "backup_proof": "open",
        "backup_media": [
            {"name": "internal", "kind": "disk", "path": str(PLACE / "gedung-a/nas"), "building": "A"},
            {"name": "gedung-b", "kind": "disk", "path": str(PLACE / "gedung-b/nas"), "building": "B"},
        ],
        "backup_sources": [
            source("SIMPEG", "sqlite", "simpeg.db", both, "Kepegawaian (personnel)", frequency="daily"),
            source("ABSENSI", "sqlite", "absensi.db", both, "Daftar hadir (attendance)", frequency="daily"),
            source("SITUS", "files", "situs", both, "Situs web", frequency="weekly", day=weekday),
        ],
    }


def source(name: str, engine: str, path: str, media: list[str], description: str, **when: str) -> dict[str, object]:
    place = str(PLACE / "data" / path)
    return {"name": name, "engine": engine, "path": place, "media": media, "description": description, **when}


def playbook(name: str, at: str, extra: dict[str, object] | None = None) -> int:
    """Run a playbook of the collection, as an operator would, at a given moment."""
    variables = json.dumps({"backup_at": at, **(extra or {})})
    command = [str(BIN / "ansible-playbook"), "-i", str(PLACE / "inventory.json"), f"nusantara.backup.{name}"]
    say(f"$ ansible-playbook -i {short(PLACE)}/inventory.json nusantara.backup.{name} -e backup_at={at}")
    settings = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
    return subprocess.run([*command, "-e", variables], env={**os.environ, **settings}, check=False).returncode


def expect(status: int, wanted: int) -> None:
    if status != wanted:
        raise SystemExit(f"The demonstration expected exit status {wanted} and got {status}: see above")
    say(f"exit status {status}, as it should be")


def conclude(first: datetime.date, second: datetime.date, compared: list[str]) -> None:
    report = PLACE / "laporan" / f"laporan-{second}.html"
    title("What happened")
    for line in (
        f"night {first}: 3 sources backed up, encrypted to 2 keys, read back, copied to buildings A and B",
        f"night {second}: SIMPEG backed up again, SITUS not due, ABSENSI failed and left nothing behind",
        *compared,
        f"the report for the supervisor (open it in a browser): {short(report)}",
        f"the same as text, CSV and JSON:                       {short(report.with_suffix('.txt'))} .csv .json",
        f"a manifest with its recipe for stock tools:           {short(newest_manifest())}",
        f"the journal of the host, each line chained:           {short(PLACE / 'state' / 'journal.jsonl')}",
        "next: README.md, a first night on a host of your own",
    ):
        say(line)


def newest_manifest() -> Path:
    return max((PLACE / "gedung-b/nas/SIMPEG").glob("*/*.manifest.json"))


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def title(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def say(text: str) -> None:
    print(f"    {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
