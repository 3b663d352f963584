# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of a site with a server: the manifest holds, and its own lines restore what was there (P12.2, P14.1)."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import jsonschema
from tests.support.mariadb import Server
from tests.support.site import AT, age_key, make_site

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock, parse_at
from ansible_collections.nusantara.backup.plugins.module_utils._record._facts import facts
from ansible_collections.nusantara.backup.plugins.module_utils._run._runner import Runner
from ansible_collections.nusantara.backup.plugins.module_utils._site._plan import plan_jobs
from checkout import ROOT

CONTENT = """
CREATE TABLE pegawai (nip INT PRIMARY KEY, nama VARCHAR(40), foto BLOB) CHARACTER SET utf8mb4;
INSERT INTO pegawai VALUES (1, 'Sari 😀', 0x00FF0D0A), (2, 'Bu\\'di', NULL);
CREATE PROCEDURE hitung () SELECT COUNT(*) /* semua */ FROM pegawai;
CREATE VIEW ringkas AS SELECT nama FROM pegawai;
"""
READ = "SELECT nip, nama, HEX(foto) FROM pegawai ORDER BY nip; SHOW CREATE PROCEDURE hitung; SELECT * FROM ringkas"


def test_run_makes_sets_that_their_manifests_restore(server: Server, database: str, tmp_path: Path) -> None:
    server.sql(database, CONTENT)
    before = server.sql(database, READ)
    key = age_key(tmp_path)
    common = {**server.options(), "engine": server.engine}
    everything = {"databases": [database], "separate": True, "inventory": "digests"}
    sources = [
        {"name": "SIMPEG", "database": database, **common},
        {"name": "Semua", **everything, **common},
    ]
    site = make_site(tmp_path, encryption="age", recipients=[key.recipient], proof="open", sources=sources)
    clock = Clock(parse_at(AT))
    runner = Runner(site, clock)
    attempts = runner.run(runner.pending(plan_jobs(site, clock.now())))
    assert [attempt.outcome for attempt in attempts] == ["success", "success"], attempts
    assert facts(site, clock, 3)["unplanned"] == []
    schema = json.loads((ROOT / "docs" / "manifest.schema.json").read_text(encoding="utf-8"))
    for name, part in (("SIMPEG", ""), ("Semua", database)):
        (path,) = (tmp_path / "store" / name).glob("*/*.manifest.json")
        manifest = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.validate(manifest, schema)
        assert manifest["inventory"]["exact"], manifest["inventory"]
        assert manifest["inventory"]["totals"]["rows"] == 2
        assert {file["part"] for file in manifest["files"]} == {part, "accounts"}
        server.drop(database)
        server.create(database)
        for file in sorted(manifest["files"], key=lambda file: file["part"] == "accounts"):
            lines = manifest["recipe"]["files"][file["file"]]
            follow(server, lines, tmp_path, KEY=key.identity, FILE=str(path.parent / file["file"]), TARGET=database)
        assert server.sql(database, READ) == before


def follow(server: Server, lines: t.Mapping[str, str], place: Path, **parameters: str) -> None:
    """Do what a recipe says, in a shell, as an operator would: logged in by the option file at home."""
    server.option_file(place / ".my.cnf")
    script = f"set -eu; {lines['open']}; {lines['use']}"
    path = f"{server.binaries}:/usr/bin:/bin"
    env = {"HOME": str(place), "PATH": path, "PLAIN": str(place / "plain"), "LC_ALL": "C.UTF-8", **parameters}
    done = subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
