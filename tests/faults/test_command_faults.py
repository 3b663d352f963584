# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of a site that fail, hang and are killed: no false success, nothing left, and the next night is good."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest
from tests.support.command_engine import program

from .gate import Gate
from .lab import CLEAR, Lab
from .launcher import descendants

SECRET = "Rahasia-4711-arsip"
# Three megabytes that do not compress away, then the last line.
GOOD = f"echo '{CLEAR}'; head -c 3000000 /dev/urandom | od -An -tx1 -v; echo END"
HANGS = f"echo '{CLEAR}'; head -c 3000000 /dev/urandom | od -An -tx1 -v; exec sleep 600"
CHECK = "tail -n 1 | grep -qx END"
MOVED = {"moved": 1 << 20, "named": "dump txt"}


@pytest.fixture
def arsip(lab: Lab) -> Lab:
    """A site with one source: a script that dumps, and another one that checks."""
    check = program(lab.origin / "check-arsip", CHECK)
    words = {"dump": [script(lab, GOOD)], "restore": ["cat"], "kind": "txt", "end": {"check": [check]}}
    lab.source("Arsip", engine="command", **words)
    return lab


def script(lab: Lab, text: str) -> str:
    return program(lab.origin / "dump-arsip", text)


def manifest(lab: Lab) -> dict[str, t.Any]:
    (path,) = lab.store.glob("Arsip/*/*.manifest.json")
    found: dict[str, t.Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def healed(lab: Lab, gate: Gate) -> None:
    script(lab, GOOD)
    program(lab.origin / "check-arsip", CHECK)
    gate.healed(night=1)


@pytest.mark.parametrize(("act", "status"), [("kill", -9), ("term", 1)])
def test_a_run_that_ends_while_its_programs_hang_leaves_none_of_them(arsip: Lab, act: str, status: int) -> None:
    script(arsip, HANGS)
    gate = Gate(arsip)
    done = arsip.run(night=1, fault={"when": MOVED, "do": [act]})
    assert done.fired and done.status == status
    gate.stopped(done, "Arsip", killed=act == "kill")
    healed(arsip, gate)


@pytest.mark.parametrize(
    ("name", "words"),
    [("check-arsip", "check program 'check-arsip' was killed by SIGKILL"), ("dump-arsip", "'dump-arsip' was killed")],
)
def test_a_program_that_is_killed_is_told_by_name(arsip: Lab, name: str, words: str) -> None:
    gate = Gate(arsip)
    done = arsip.run(night=1, fault={"when": MOVED, "do": ["child", name]})
    assert done.fired
    gate.stopped(done, "Arsip", words)
    healed(arsip, gate)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (":", "empty"),
        ("echo 'I did nothing' >&2", "empty"),
        ("echo half", "check program 'check-arsip' ended with status 1"),
        (GOOD + "; exit 3", "ended with status 3"),
        (GOOD + "; kill -9 $$", "SIGKILL"),
    ],
    ids=["nothing", "only words", "no end", "bad status", "killed at its end"],
)
def test_pitfall_what_is_no_whole_dump_is_never_published(arsip: Lab, text: str, words: str) -> None:
    arsip.good(night=1)
    gate = Gate(arsip)
    script(arsip, text)
    gate.stopped(arsip.run(night=2), "Arsip", words)
    gate.untouched()


def test_a_program_that_others_can_change_is_not_run(arsip: Lab) -> None:
    gate = Gate(arsip)
    mark = arsip.root / "was-run"
    path = pathlib.Path(script(arsip, f"touch {mark}; {GOOD}"))
    path.chmod(0o777)
    gate.stopped(arsip.run(night=1), "Arsip", str(path), "chmod go-w")
    assert not mark.exists()


def test_promise_1_what_is_not_proven_is_said_wherever_it_is_reported(arsip: Lab) -> None:
    arsip.options("Arsip")["end"] = "none"
    arsip.good(night=1)
    codes = [warning["code"] for warning in manifest(arsip)["warnings"]]
    assert "engine.command.unproven" in codes
    told = json.dumps(arsip.facts())
    assert "engine.command.unproven" in told


def test_no_secret_is_seen_from_outside(arsip: Lab) -> None:
    secret = arsip.origin / "secret"
    secret.write_text(SECRET + "\n", encoding="ascii")
    secret.chmod(0o600)
    script(arsip, f"test -s {secret}; {GOOD}")
    arsip.options("Arsip")["secret_files"] = [str(secret)]
    pipe = arsip.pipe()
    started = arsip.start(night=1, fault={"when": MOVED, "do": ["stay", str(pipe)]})
    with open(pipe, "wb"):
        ours = descendants(started.root)
        seen = [pathlib.Path(f"/proc/{pid}/{part}") for pid in ours for part in ("cmdline", "environ")]
        assert not [path for path in seen if SECRET.encode() in path.read_bytes()]
    done = started.wait()
    assert done.status == 0, done.said
    assert {"dump-arsip", "check-arsip"} <= {os.path.basename(word) for line in ours.values() for word in line.split()}
    files = [path for path in arsip.root.rglob("*") if path.is_file() and path != secret]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    assert SECRET not in done.said + json.dumps(arsip.facts())
