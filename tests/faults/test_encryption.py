# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encryption fails closed; programs that are absent or broken are named before, or fail the run."""

from __future__ import annotations

import os
import pathlib
import shutil

import pytest

from .gate import Gate, clear_text
from .lab import CLEAR, Lab


def stops(lab: Lab, *words: str) -> None:
    """The night fails in words and leaves no byte; with the real programs it succeeds."""
    gate = Gate(lab)
    done = lab.run(night=2)
    gate.stopped(done, "Pegawai", *words)
    assert not list(lab.store.glob("*/*1102*"))
    lab.within = ()
    gate.healed(night=2)


@pytest.mark.parametrize("program", ["age", "zstd", "ssh-keygen"])
def test_a_program_that_is_absent(lab: Lab, program: str) -> None:
    lab.sqlite()
    lab.good(night=1)
    lab.replace_program(program, "/dev/null")
    stops(lab, f"'{program}' is not installed", "Install the package")


def test_tar_absent(lab: Lab) -> None:
    lab.tree()
    lab.replace_program("tar", "/dev/null")
    gate = Gate(lab)
    gate.stopped(lab.run(night=1), "Situs", "'tar' is not installed")
    lab.within = ()
    gate.healed(night=1)


def test_no_key_for_proof_open(lab: Lab) -> None:
    lab.sqlite(proof="open")
    lab.good(night=1)
    lab.replace_program("age-keygen", "/dev/null")
    stops(lab, "'age-keygen' is not installed")


def test_age_absent_is_seen_before_the_dump_starts(lab: Lab) -> None:
    lab.sqlite()
    lab.replace_program("age", "/dev/null")
    done = lab.run(night=1, fault={"when": {"named": "prepare"}, "do": ["kill"]})
    assert not done.fired, "the dump was begun"
    assert done.status == 1 and not clear_text(lab)
    checked = lab.run(night=1, command="check")
    assert checked.status == 1 and "'age' is not installed" in checked.said


def pretender(lab: Lab, name: str, script: str) -> None:
    """A program that works on nothing, as the look before the dump does, and then does this."""
    real = lab.root / f"{name}.real"
    shutil.copy2(str(shutil.which(name)), real)
    fake = lab.root / name
    look = 'if ! IFS= read -r -N 1 first; then exec $REAL "$@" < /dev/null; fi'
    fake.write_text(f"#!/bin/bash\nREAL={real}\n{look}\n{script}\n")
    fake.chmod(0o755)
    lab.replace_program(name, str(fake))


BROKEN = {
    "fails at once": ('echo "cannot: out of memory" >&2; exit 70', "out of memory"),
    "fails at the end": ('cat > /dev/null; echo "write error" >&2; exit 1', "write error"),
    "complains and ends well": (
        'cat > /dev/null; echo half | $REAL "$@"; echo "lost some" >&2',
        "lost some",
    ),
    "dies": ("kill -SEGV $$", "SIGSEGV"),
}


@pytest.mark.parametrize("program", ["zstd", "age"])
@pytest.mark.parametrize("how", BROKEN)
def test_a_stage_that_fails(lab: Lab, program: str, how: str) -> None:
    lab.sqlite(rows=3000)
    lab.good(night=1)
    script, words = BROKEN[how]
    pretender(lab, program, script)
    stops(lab, f"'{program}'", words)


@pytest.mark.parametrize("program", ["zstd", "age"])
def test_a_stage_that_loses_bytes_and_says_nothing(lab: Lab, program: str) -> None:
    """Only opening the artifact shows it: ``proof: open``."""
    lab.sqlite(rows=3000, proof="open")
    lab.good(night=1)
    pretender(lab, program, 'head -c 100000 | $REAL "$@"; exit 0')
    stops(lab, "Pegawai failed")


BAD_RECIPIENTS = {
    "none": ([], "recipients"),
    "a private key": (["AGE-SECRET-KEY-1" + "Q" * 58], "is a private key"),
    "too short": (["age1abc"], "not an age recipient"),
    "an option": (["--output=/tmp/x"], "not an age recipient"),
    "a text": ("age1", "must be a list"),
}


@pytest.mark.parametrize("case", BAD_RECIPIENTS)
def test_recipients_that_are_none(lab: Lab, case: str) -> None:
    lab.sqlite()
    lab.config["recipients"], words = BAD_RECIPIENTS[case]
    done = lab.run(night=1)
    assert done.status == 2 and words in done.said and "Traceback" not in done.said
    assert "Q" * 58 not in done.said
    assert not lab.state.exists() and not lab.store.exists()


def test_a_recipient_that_only_age_can_refuse(lab: Lab) -> None:
    """Right by its letters, wrong by its checksum."""
    lab.sqlite()
    lab.good(night=1)
    good = list(lab.config["recipients"])
    last = good[0][-1]
    lab.config["recipients"][0] = good[0][:-1] + ("q" if last != "q" else "p")
    gate = Gate(lab)
    gate.stopped(lab.run(night=2), "Pegawai", "'age' does not work with these settings", "Correct the recipients")
    lab.config["recipients"] = good
    gate.healed(night=2)


def test_clear_text_is_found_by_the_gate(lab: Lab) -> None:
    """The gate itself: it sees a clear artifact where one is."""
    lab.sqlite(encryption="none", compression="none")
    lab.good(night=1)
    found = clear_text(lab)
    assert {path.suffix for path in found} == {".sqlite"} and len(found) == 2
    assert CLEAR.encode() in pathlib.Path(os.fspath(found[0])).read_bytes()
