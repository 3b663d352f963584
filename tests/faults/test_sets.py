# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets damaged where they lie: each kind of damage is told apart, and no copy is made of it."""

from __future__ import annotations

import collections.abc
import hashlib
import json
import os
import pathlib
import shutil

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._sets._receipts import Receipts
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signers import opened
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signing import ensure_key, sign
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify import Selection, verify_store

from .gate import Gate, fingerprints
from .lab import Lab

Damage = collections.abc.Callable[[pathlib.Path], None]


def artifact(place: pathlib.Path) -> pathlib.Path:
    (found,) = place.glob("*.age")
    return found


def manifest(place: pathlib.Path) -> pathlib.Path:
    return place / f"{place.name}.manifest.json"


def signature(place: pathlib.Path) -> pathlib.Path:
    return place / f"{place.name}.manifest.json.sig"


def truncate(place: pathlib.Path) -> None:
    os.truncate(artifact(place), artifact(place).stat().st_size // 2)


def flip(place: pathlib.Path) -> None:
    data = bytearray(artifact(place).read_bytes())
    data[len(data) // 2] ^= 1
    artifact(place).write_bytes(bytes(data))


def lose_artifact(place: pathlib.Path) -> None:
    artifact(place).unlink()


def lose_manifest(place: pathlib.Path) -> None:
    manifest(place).unlink()


def lose_signature(place: pathlib.Path) -> None:
    signature(place).unlink()


def grow(place: pathlib.Path) -> None:
    with open(artifact(place), "ab") as stream:
        stream.write(b"\0")


def garble_manifest(place: pathlib.Path) -> None:
    manifest(place).write_bytes(manifest(place).read_bytes()[:-50])


def edit_manifest(place: pathlib.Path) -> None:
    data = json.loads(manifest(place).read_text(encoding="utf-8"))
    data["description"] = "another"
    manifest(place).write_text(json.dumps(data), encoding="utf-8")


def replace_and_sign_again(place: pathlib.Path) -> None:
    """Artifact and manifest replaced together, and signed by somebody's own key."""
    flip(place)
    data = json.loads(manifest(place).read_text(encoding="utf-8"))
    data["files"][0]["stored"]["sha256"] = hashlib.sha256(artifact(place).read_bytes()).hexdigest()
    raw = json.dumps(data).encode()
    manifest(place).write_bytes(raw)
    with Children() as children:
        key = str(place.parent.parent.parent.parent / "theirs" / "key")
        ensure_key(key, "db1", children)
        signature(place).write_bytes(sign(raw, key, children))


# What was done, and what verification calls it.
DAMAGES: list[tuple[Damage, str]] = [
    (truncate, "altered"),
    (flip, "altered"),
    (grow, "altered"),
    (lose_artifact, "missing"),
    (lose_manifest, "incomplete"),
    (lose_signature, "altered"),
    (garble_manifest, "unparsable"),
    (edit_manifest, "altered"),
    (replace_and_sign_again, "altered"),
]


@pytest.mark.parametrize(("damage", "kind"), DAMAGES, ids=[damage.__name__ for damage, _kind in DAMAGES])
@pytest.mark.parametrize("place", ["store", "medium"])
def test_a_damaged_set(lab: Lab, damage: Damage, kind: str, place: str) -> None:
    """It alone is named, nothing is repaired, and the next night is none the worse for it."""
    lab.sqlite()
    lab.good(night=1)
    lab.good(night=2)
    root = lab.store if place == "store" else lab.medium
    hurt = root / "Pegawai" / "2026110124F1D-Pegawai"
    damage(hurt)
    before = fingerprints(lab)
    with Children() as children, opened("", str(lab.state / "keys" / "manifest"), "db1", children) as signers:
        report = verify_store(str(root), Clock(), signers=signers, receipts=Receipts(str(lab.state)))
    assert fingerprints(lab) == before
    assert {entry.status for entry in report.sets if entry.name == hurt.name} == {kind}, report.problems
    assert {entry.status for entry in report.sets if entry.name != hurt.name} == {"ok"}
    assert all(str(hurt) in problem.path for problem in report.problems)
    Gate(lab).healed(night=3)


def test_promise_1_a_copy_that_was_taken_away_whole_is_missing(lab: Lab) -> None:
    """Nothing that lies on the medium is wrong, and yet the report counts a copy that is gone."""
    lab.sqlite()
    lab.tree()
    lab.good(night=1)
    lab.good(night=2)
    older, newest = sorted(lab.medium.glob("Pegawai/*"))
    receipts = Receipts(str(lab.state))

    def missing(medium: str = "internal", **selection: tuple[str, ...]) -> list[tuple[str, str]]:
        report = verify_store(str(lab.medium), Clock(), Selection(**selection), None, receipts, medium)
        return [(problem.kind, problem.path) for problem in report.problems]

    shutil.rmtree(older)
    assert missing() == [], "disks that take turns hold some sets each"
    shutil.rmtree(newest)
    assert missing() == missing(sources=("Pegawai",)) == [("missing", str(newest))]
    assert missing(sources=("Situs",)) == missing(medium="another") == []


@pytest.mark.parametrize("damage", [truncate, flip, lose_artifact, garble_manifest])
def test_a_set_damaged_between_dump_and_copy_is_copied_nowhere(lab: Lab, damage: Damage) -> None:
    lab.sqlite()
    gate = Gate(lab)
    pipe = lab.pipe()
    started = lab.start(night=1, fault={"when": {"named": "copy"}, "do": ["stay", str(pipe)]})
    with open(pipe, "wb"):
        (place,) = lab.store.glob("Pegawai/*")
        damage(place)
    done = started.wait()
    assert done.status == 1 and "has no copy on internal" in done.said and "Traceback" not in done.said
    assert str(place) in done.said or place.name in done.said
    assert not list(lab.medium.glob("*/*"))
    gate.untouched()
    Gate(lab).healed(night=2)
