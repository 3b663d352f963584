# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A night by ``backup.yml`` on one host: looked at, run, run again, failed, verified."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import typing as t

import pytest
from tests.support.mounts import mark
from tests.support.site import AT, NIGHT, age_key, make_database, make_tree, tree_hash

from ansible_run import Ansible, AnsibleRun

pytestmark = pytest.mark.debian13
NAMES = ("2026112024F1D-SIMPEG", "2026112024F1D-Situs")


class Host:
    """A made-up host in a directory, and Ansible to back it up."""

    def __init__(self, place: pathlib.Path, ansible: Ansible) -> None:
        self.place = place
        self.ansible = ansible
        data = place / "data"
        data.mkdir()
        self.database = make_database(data / "simpeg.db")
        self.tree = make_tree(data / "situs")
        mark(place / "nas", "internal")
        keys = [age_key(place, name).recipient for name in ("work", "escrow")]
        sources = [
            {"name": "SIMPEG", "engine": "sqlite", "path": str(self.database), "media": ["internal"]},
            {"name": "Situs", "engine": "files", "path": str(self.tree)},
        ]
        self.options: dict[str, t.Any] = {
            "ansible_connection": "local",
            "backup_at": AT,
            "backup_store": str(place / "store"),
            "backup_state": str(place / "state"),
            "backup_recipients": keys,
            "backup_proof": "open",
            "backup_building": "A",
            "backup_media": [{"name": "internal", "kind": "disk", "path": str(place / "nas"), "building": "B"}],
            "backup_sources": sources,
        }

    def play(self, book: str, *arguments: str, **changes: t.Any) -> AnsibleRun:
        inventory = self.place / "inventory.json"
        hosts = {"all": {"hosts": {"db1": {**self.options, **changes}}}}
        inventory.write_text(json.dumps(hosts), encoding="utf-8")
        done = self.ansible.playbook("--inventory", str(inventory), *arguments, book, cwd=self.place)
        assert "Traceback" not in done.output and "\x1b" not in done.output, done.output
        return done

    def backup(self, *arguments: str, **changes: t.Any) -> AnsibleRun:
        return self.play("nusantara.backup.backup", *arguments, **changes)

    def places(self) -> str:
        """One hash over all that the collection could have written or altered."""
        return tree_hash(self.place / "data") + tree_hash(self.place / "nas") + str(self.made())

    def made(self) -> list[str]:
        return sorted(name for name in ("state", "store") if (self.place / name).exists())

    def sets(self, root: str) -> list[str]:
        return sorted(path.parent.name for path in (self.place / root).glob("*/*/*.manifest.json"))

    def facts(self) -> dict[str, t.Any]:
        """What backup_facts returns, by a play of its own."""
        target = self.place / "facts.json"
        task = {"ansible.builtin.include_role": {"name": "nusantara.backup.backup_host", "tasks_from": "facts"}}
        content = {"content": "{{ backup_host_facts.ansible_facts.nusantara_backup | to_json }}", "dest": str(target)}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [task, {"ansible.builtin.copy": {**content, "mode": "0600"}}],
        }
        book = self.place / "facts.yml"
        book.write_text(json.dumps([play]), encoding="utf-8")
        done = self.play(str(book))
        assert done.returncode == 0, done.output
        found: dict[str, t.Any] = json.loads(target.read_text(encoding="utf-8"))
        return found


@pytest.fixture
def host(ansible: Ansible, tmp_path: pathlib.Path) -> Host:
    return Host(tmp_path, ansible)


def recap(done: AnsibleRun) -> dict[str, int]:
    """The counts of the only host."""
    line = next(line for line in done.output.splitlines() if re.match(r"db1\s+: ok=", line))
    return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line)}


def screen_lines(done: AnsibleRun) -> int:
    """Lines on a terminal of 120 columns."""
    return sum(1 + len(line) // 120 for line in done.output.splitlines())


def test_p12_1_a_night_is_looked_at_run_and_not_run_again(host: Host) -> None:
    before = host.places()
    looked = host.backup("--check")
    assert looked.returncode == 0, looked.output
    assert recap(looked)["changed"] == 1
    for line in (
        f"[db1] SIMPEG: F daily of the night {NIGHT}, copied to internal",
        "[db1] warning: Situs is copied to no medium",
        "[db1] would back up SIMPEG, Situs; no obstacle was found",
    ):
        assert line in looked.output, looked.output
    assert host.places() == before, "check mode has written something"

    ran = host.backup()
    assert ran.returncode == 0, ran.output
    assert recap(ran)["changed"] == 1
    for line in (
        r"\[db1\] SIMPEG: started",
        rf"\[db1\] SIMPEG: {NAMES[0]} \([0-9.]+ s, [0-9.]+ KiB plain, [0-9.]+ (B|KiB) stored\)",
        r"\[db1\] SIMPEG: copy on internal verified",
        rf"\[db1\] Situs: {NAMES[1]} \(",
        r"\[db1\] run ended after [0-9.]+ s: success",
    ):
        assert re.search(line, ran.output), ran.output
    assert host.sets("store") == list(NAMES)
    assert host.sets("nas") == [NAMES[0]]
    assert screen_lines(ran) < 30, ran.output

    stored = tree_hash(host.place / "store") + tree_hash(host.place / "nas") + tree_hash(host.place / "state")
    again = host.backup()
    assert again.returncode == 0, again.output
    assert recap(again)["changed"] == 0
    said = [line for line in again.output.splitlines() if line.startswith("[db1]")]
    assert said == ["[db1] everything that is due has succeeded"], again.output
    after = tree_hash(host.place / "store") + tree_hash(host.place / "nas") + tree_hash(host.place / "state")
    assert after == stored, "a second run has changed something"

    verified = host.play("nusantara.backup.verify")
    assert verified.returncode == 0, verified.output
    assert "store: 2 sets read again, all whole" in verified.output, verified.output
    assert "nas: 1 set read again, all whole" in verified.output, verified.output
    found = host.facts()
    assert [(run["source"], run["outcome"], run["night"]) for run in found["runs"]] == [
        ("Situs", "success", NIGHT),
        ("SIMPEG", "success", NIGHT),
    ]
    assert [copy["outcome"] for copy in found["runs"][1]["copies"]] == ["verified"]
    assert {entry["name"]: (entry["signed"], entry["proof"]) for entry in found["sets"]} == dict.fromkeys(
        NAMES, (True, "open")
    )
    assert (found["verified"]["sets"], found["verified"]["problems"]) == (3, 0)
    assert (found["journal"]["intact"], found["unknown"], found["unplanned"]) == (True, [], [])

    artifact = next((host.place / "nas" / "SIMPEG" / NAMES[0]).glob("*.age"))
    data = bytearray(artifact.read_bytes())
    data[len(data) // 2] ^= 1
    artifact.write_bytes(data)
    damaged = host.play("nusantara.backup.verify")
    assert damaged.returncode == 2, damaged.output
    assert artifact.name in damaged.output
    shutil.rmtree(artifact.parent)
    gone = host.play("nusantara.backup.verify")
    assert gone.returncode == 2, gone.output
    assert f"The set {NAMES[0]} was copied to 'internal' and is not there any more" in gone.output


def test_k3_hooks_are_shown_and_one_that_fails_after_the_dumps_fails_the_play(host: Host) -> None:
    log = host.place / "log"
    switch = host.place / "switch"
    switch.write_text(f'#!/bin/sh\necho "$1 $NUSANTARA_SOURCE" >> {log}\n[ "$1" = on ]\n', encoding="ascii")
    switch.chmod(0o755)
    hooks = {when: [str(switch), word] for when, word in (("before", "on"), ("after", "off"))}
    sources = [{**entry, "group": "Kepegawaian"} for entry in host.options["backup_sources"]]
    changes = {"backup_sources": sources, "backup_groups": [{"name": "Kepegawaian", **hooks}]}
    looked = host.backup("--check", **changes)
    assert looked.returncode == 0, looked.output
    shown = f"[db1] before SIMPEG, Situs (group Kepegawaian): {switch} on, at most 10 min"
    assert shown in looked.output and not log.exists(), looked.output
    ran = host.backup(**changes)
    assert ran.returncode == 2, ran.output
    assert log.read_text(encoding="ascii") == "on SIMPEG Situs\noff SIMPEG Situs\n"
    for line in (
        "[db1] Kepegawaian: before-hook ended well",
        "[db1] Kepegawaian: after-hook FAILED - The after-hook of the group Kepegawaian ended with status 1",
        "[db1] run ended after",
        "See whether the application is still in maintenance mode",
    ):
        assert line in ran.output, ran.output
    assert host.sets("store") == list(NAMES) and host.sets("nas") == [NAMES[0]]


def test_p12_3_a_failed_source_fails_the_play_and_is_done_again(host: Host) -> None:
    whole = host.database.read_bytes()
    host.database.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    failed = host.backup()
    assert failed.returncode == 2, failed.output
    assert re.search(r"\[db1\] SIMPEG: FAILED - .*simpeg\.db", failed.output), failed.output
    assert re.search(r"db1: SIMPEG failed: .*simpeg\.db", failed.output), failed.output
    assert "[db1] run ended" in failed.output
    assert screen_lines(failed) < 40, failed.output
    assert host.sets("store") == [NAMES[1]], "the other source was not backed up"
    assert not list((host.place / "store" / "SIMPEG").iterdir())

    shown = host.backup(backup_fail=False)
    assert shown.returncode == 0, shown.output
    assert "[db1] SIMPEG: FAILED" in shown.output
    assert "Situs: started" not in shown.output, "what succeeded was done again"

    host.database.write_bytes(whole)
    mended = host.backup()
    assert mended.returncode == 0, mended.output
    assert host.sets("store") == list(NAMES)
    outcomes = [(run["source"], run["outcome"], bool(run["error"])) for run in host.facts()["runs"]]
    assert outcomes == [
        ("SIMPEG", "success", False),
        ("SIMPEG", "failed", True),
        ("Situs", "success", False),
        ("SIMPEG", "failed", True),
    ]


def test_check_mode_tells_every_obstacle_and_fails(host: Host) -> None:
    (host.place / "nas" / ".nusantara-backup-medium").unlink()
    host.database.unlink()
    before = host.places()
    done = host.backup("--check")
    assert done.returncode == 2, done.output
    assert "db1: would back up SIMPEG, Situs; 2 obstacles: " in done.output
    assert "simpeg.db" in done.output and "internal' is not mounted" in done.output and "Mount it" in done.output
    assert "--check" not in done.output
    assert screen_lines(done) < 40, done.output
    assert host.places() == before
    assert host.backup("--check", backup_fail=False).returncode == 0


@pytest.mark.parametrize("book", ["backup", "verify"])
def test_a_pattern_that_matches_no_host_is_no_success(host: Host, book: str) -> None:
    """Ansible only warns, and ends with 0."""
    done = host.play(f"nusantara.backup.{book}", "--extra-vars", "backup_hosts=databes")
    assert done.returncode != 0, done.output
    assert "No host of the inventory matches databes" in done.output


def test_where_a_group_backup_hosts_is_only_its_hosts_are_backed_up(host: Host) -> None:
    inventory = host.place / "groups.json"
    others = {"web1": {}, "db1": host.options}
    inventory.write_text(json.dumps({"all": {"hosts": others}, "backup_hosts": {"hosts": {"db1": {}}}}), "utf-8")
    done = host.ansible.playbook(
        "--inventory", str(inventory), "nusantara.backup.backup", "--list-hosts", cwd=host.place
    )
    assert done.returncode == 0, done.output
    assert "db1" in done.output and "web1" not in done.output, done.output


def test_a_host_without_sources_is_told(host: Host) -> None:
    done = host.backup(backup_sources=[])
    assert done.returncode == 0, done.output
    assert "no source is configured (backup_sources is empty)" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"backup_compression": "bzip2", "backup_window_end": "soon"}, ["compression: 'bzip2'", "window_end: 'soon'"]),
        ({"backup_only": ["Nowhere"]}, ["The source 'Nowhere' is not configured on db1"]),
        ({"backup_night": "2026-11-21"}, ["The night 2026-11-21 has not come"]),
        ({"backup_building": "\x1b[2J\x9b2J"}, ["building: '"]),
        ({"backup_building": "\u202eA"}, ["building: '"]),
        ({"backup_state": "/proc/nusantara"}, ["/proc"]),
    ],
    ids=["all errors", "unknown source", "night to come", "escape", "bidi", "before the start"],
)
def test_what_cannot_start_is_told_in_words(host: Host, changes: dict[str, t.Any], words: list[str]) -> None:
    done = host.backup(**changes)
    assert done.returncode == 2, done.output
    for word in words:
        assert word in done.output
    assert all(letter.isprintable() or letter == "\n" for letter in done.output)
    assert host.made() == []
