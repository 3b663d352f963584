# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification tells apart what can be wrong with a store, and touches nothing."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest
from tests.support.mounts import mark
from tests.support.sets import MadeSet, allowed_signers, make_document, make_key, make_set, write_manifest

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import MediumError
from ansible_collections.nusantara.backup.plugins.module_utils._base._locks import hold
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._edges import _checksum_module
from ansible_collections.nusantara.backup.plugins.module_utils._sets._manifest import encode
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signers import Signers, opened
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify import Selection, verify_store
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify_report import VerifyReport
from ansible_collections.nusantara.backup.plugins.module_utils._site._places import source_lock

NAME = "2026112024F1D-SIMPEG"
OLDER = "2026111924F1D-SIMPEG"


class Store(t.NamedTuple):
    root: pathlib.Path
    made: MadeSet
    key: str
    signers: Signers

    def verify(self, **selection: t.Any) -> VerifyReport:
        return verify_store(str(self.root), Clock(), Selection(**selection), self.signers)


@pytest.fixture
def store(tmp_path: pathlib.Path) -> Store:
    key = make_key(tmp_path)
    root = tmp_path / "store"
    files = {"pgdump.zst.age": b"data" * 5000, "globals.sql.zst.age": b"roles"}
    make_set(root, "SIMPEG", OLDER, files, key)
    make_set(root, "Keuangan", "2026112024F1D-Keuangan", files, key)
    made = make_set(root, "SIMPEG", NAME, files, key)
    return Store(root, made, key, Signers(allowed_signers(tmp_path / "signers", key), Children()))


def snapshot(root: pathlib.Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path): (path.lstat().st_ino, path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in root.rglob("*")
    }


def found(report: VerifyReport) -> set[tuple[str, str]]:
    return {(problem.kind, problem.code) for problem in report.problems}


def test_a_sound_store_is_whole(store: Store) -> None:
    mark(store.root, "internal")
    (store.root / "lost+found").mkdir()
    report = store.verify()
    assert report.problems == ()
    assert report.counts == {
        "ok": 3, "unparsable": 0, "incomplete": 0, "missing": 0, "unreadable": 0, "altered": 0, "unknown": 0
    }  # fmt: skip
    assert sum(entry.bytes for entry in report.sets) == 3 * 20005
    assert report.summary()["problems"] == 0


def flip(path: pathlib.Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def swap(one: pathlib.Path, two: pathlib.Path) -> None:
    data = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(data)


def resign(store: Store, key: str) -> None:
    """Artifact and manifest replaced together by somebody with a key of his own."""
    store.made.signature.unlink()
    store.made.artifact(1).write_bytes(b"forged")
    contents = {file: (store.made.directory / file).read_bytes() for file in store.made.files}
    write_manifest(store.made, make_document("SIMPEG", NAME, contents), key)


def relink(path: pathlib.Path) -> None:
    path.rename(path.parents[3] / "outside")
    path.symlink_to(path.parents[3] / "outside")


def other_source(store: Store) -> None:
    document = json.loads(store.made.manifest.read_bytes())
    store.made.signature.unlink()
    write_manifest(store.made, {**document, "source": "Other"}, store.key)


PLANTED: dict[str, tuple[t.Callable[[Store], object], set[tuple[str, str]]]] = {
    "flipped": (lambda s: flip(s.made.artifact()), {("altered", "verify.hash")}),
    "truncated": (lambda s: os.truncate(s.made.artifact(), 3), {("altered", "verify.size")}),
    "emptied": (lambda s: os.truncate(s.made.artifact(), 0), {("altered", "verify.size")}),
    "half-missing": (lambda s: s.made.artifact(1).unlink(), {("missing", "verify.missing")}),
    "swapped": (lambda s: swap(s.made.artifact(), s.made.artifact(1)), {("altered", "verify.size")}),
    "re-signed": (lambda s: resign(s, make_key(s.root.parent, name="other")), {("altered", "verify.signature")}),
    "unsigned": (lambda s: s.made.signature.unlink(), {("altered", "verify.unsigned")}),
    "broken signature": (lambda s: flip(s.made.signature), {("altered", "verify.signature")}),
    "linked signature": (
        lambda s: relink(s.made.signature), {("altered", "verify.signature"), ("unknown", "verify.unknown")}
    ),
    "no manifest": (lambda s: s.made.manifest.unlink(), {("incomplete", "verify.manifest_missing")}),
    "empty manifest": (lambda s: s.made.manifest.write_bytes(b""), {("unparsable", "verify.manifest_invalid")}),
    "linked manifest": (lambda s: relink(s.made.manifest), {("unreadable", "verify.manifest_unreadable")}),
    "manifest of another source": (other_source, {("unparsable", "verify.source")}),
    "linked artifact": (lambda s: relink(s.made.artifact()), {("unknown", "verify.unknown")}),
    "fifo for an artifact": (
        lambda s: (s.made.artifact().unlink(), os.mkfifo(s.made.artifact())), {("unknown", "verify.unknown")}
    ),
    "added file": (lambda s: (s.made.directory / "x").write_bytes(b""), {("unknown", "verify.unknown")}),
    "added directory": (lambda s: (s.made.directory / "x").mkdir(), {("unknown", "verify.unknown")}),
    "leftover": (lambda s: (s.root / "SIMPEG" / f"{NAME}.r2.part").mkdir(), {("incomplete", "verify.unfinished")}),
    "P13.6 a file in the store": (lambda s: (s.root / "old.dump").write_bytes(b""), {("unknown", "verify.unknown")}),
    "P13.6 a file with a source": (
        lambda s: (s.root / "SIMPEG" / "old.dump").write_bytes(b""), {("unknown", "verify.unknown")}
    ),
    "P13.6 a directory without a name": (
        lambda s: (s.root / "SIMPEG" / "yesterday").mkdir(), {("unknown", "verify.unknown")}
    ),
    "P13.6 a source without a name": (lambda s: (s.root / "a b").mkdir(), {("unknown", "verify.unknown")}),
    "P13.6 control characters": (lambda s: (s.root / "a\n\x1b[31m").mkdir(), {("unknown", "verify.unknown")}),
    "set with another source": (
        lambda s: s.made.directory.rename(s.root / "Keuangan" / NAME), {("unknown", "verify.unknown")}
    ),
    "link to a set": (
        lambda s: (s.root / "SIMPEG" / f"{NAME}.r2").symlink_to(s.made.directory), {("unknown", "verify.unknown")}
    ),
    "link to a source": (lambda s: (s.root / "Link").symlink_to(s.root / "SIMPEG"), {("unknown", "verify.unknown")}),
    "not UTF-8": (lambda s: os.mkdir(os.fsencode(s.root) + b"/\xff"), {("unknown", "verify.unknown")}),
}  # fmt: skip


@pytest.mark.parametrize("plant", list(PLANTED))
def test_what_is_wrong_is_told_and_nothing_is_repaired(store: Store, plant: str) -> None:
    act, expected = PLANTED[plant]
    act(store)
    before = snapshot(store.root)
    report = store.verify()
    assert found(report) == expected
    assert report.counts["ok"] >= 2, "the other sets stay sound"
    for problem in report.problems:
        told = problem.as_dict()
        assert told["remedy"]
        assert told["message"].isprintable(), "a hostile name must not reach a terminal raw"
    assert snapshot(store.root) == before


HOSTILE_FILES = [
    "../../../etc/passwd", "/etc/passwd", f"{NAME}.x/../../y", "..", "", ".", f"{NAME}.a\x00b", f"{NAME}.\ud800",
    f"{NAME}.manifest.json", f"{NAME}.manifest.json.sig", f"{NAME}." + "a" * 300, f"{NAME}.ü", f"{NAME}.\n", "-rf", 7,
    None, [], {},
]  # fmt: skip
DIGEST = {"bytes": 4, "sha256": "0" * 64}
HOSTILE_ENTRIES: list[t.Any] = [
    *({"file": file, "part": "", "kind": "x", "plain": DIGEST, "stored": DIGEST} for file in HOSTILE_FILES),
    *(
        {"file": f"{NAME}.x", "part": "", "kind": "x", "plain": DIGEST, "stored": stored}
        for stored in (
            *({"bytes": count, "sha256": "0" * 64} for count in (-1, 10**40, 1.5, True, "4", None)),
            *({"bytes": 4, "sha256": text} for text in ("0" * 63, "A" * 64, "g" * 64, 4, None)),
            None,
        )
    ),
    "text", None, 3,
]  # fmt: skip
RAW = {
    "deep": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "long number": b'{"schema": ' + b"9" * 5_000_000 + b"}",
    "infinity": b'{"schema": Infinity}',
    "not UTF-8": b"\xff\xfe",
    "a list": b"[]",
    "half": b'{"schema": "nusantara',
    "nul": bytes(1000),
}


def assert_unparsable(store: Store) -> None:
    report = store.verify()
    assert found(report) == {("unparsable", "verify.manifest_invalid")}
    assert len(report.problems[0].message) < 1000


@pytest.mark.parametrize("raw", list(RAW))
def test_a_hostile_manifest_is_only_unparsable(store: Store, raw: str) -> None:
    store.made.manifest.write_bytes(RAW[raw])
    assert_unparsable(store)


@pytest.mark.parametrize("entry", HOSTILE_ENTRIES, ids=lambda entry: ascii(entry)[:60])
def test_a_hostile_entry_of_a_manifest_leads_nowhere(store: Store, entry: t.Any) -> None:
    document = {**json.loads(store.made.manifest.read_bytes()), "files": [entry]}
    try:
        raw = encode(document)
    except UnicodeEncodeError:
        raw = json.dumps(document).encode("ascii")
    store.made.manifest.write_bytes(raw)
    assert_unparsable(store)


def test_an_unreadable_file_is_not_called_altered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.readv

    def failing(descriptor: int, buffers: t.Any) -> int:
        if os.readlink(f"/proc/self/fd/{descriptor}") == str(store.made.artifact()):
            raise OSError(5, "Input/output error")
        return real(descriptor, buffers)

    monkeypatch.setattr(os, "readv", failing)
    assert found(store.verify()) == {("unreadable", "verify.unreadable")}


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ({"sources": ("SIMPEG",)}, {NAME, OLDER}),
        ({"names": (OLDER,)}, {OLDER}),
        ({"newest": True}, {NAME, "2026112024F1D-Keuangan"}),
        ({"newest": True, "sources": ("SIMPEG",)}, {NAME}),
    ],
)
def test_a_selection_is_kept_to(store: Store, selection: dict[str, t.Any], names: set[str]) -> None:
    assert {entry.name for entry in store.verify(**selection).sets} == names


def test_the_newest_is_so_by_hour_and_run_and_not_by_letters(store: Store) -> None:
    for run in ("r2", "r10"):
        make_set(store.root, "SIMPEG", f"{NAME}.{run}", key=store.key)
    assert [entry.name for entry in store.verify(newest=True, sources=("SIMPEG",)).sets] == [f"{NAME}.r10"]


def test_a_set_that_was_asked_for_and_is_not_there_is_missing(store: Store) -> None:
    assert found(store.verify(names=("2026112124F1D-SIMPEG",))) == {("missing", "verify.set_missing")}


def test_an_absent_store_is_an_error_in_words(tmp_path: pathlib.Path) -> None:
    with pytest.raises(MediumError, match="cannot be listed") as caught:
        verify_store(str(tmp_path / "absent"), Clock())
    assert caught.value.code == "store.unreadable"


def test_without_signers_an_unsigned_set_is_a_doubt_and_no_problem(store: Store) -> None:
    store.made.signature.unlink()
    report = verify_store(str(store.root), Clock())
    assert report.problems == ()
    assert [doubt.code for doubt in report.warnings] == ["verify.unsigned"]
    assert not report.signatures


def test_the_hosts_own_key_is_enough(store: Store) -> None:
    with opened("", store.key, "db1", Children()) as signers:
        assert verify_store(str(store.root), Clock(), signers=signers).problems == ()
    with opened("", store.key, "db2", Children()) as signers:
        assert found(verify_store(str(store.root), Clock(), signers=signers)) == {("altered", "verify.signature")}


@pytest.mark.parametrize("busy", ["SIMPEG", "Situs"])
def test_the_unfinished_set_of_a_run_at_work_is_no_leftover(store: Store, busy: str) -> None:
    (store.root / "SIMPEG" / f"{NAME}.r2.part").mkdir()
    report = verify_store(str(store.root), Clock(), busy=lambda source: source == busy)
    assert {status for status, _code in found(report)} == (set() if busy == "SIMPEG" else {"incomplete"})


def test_the_module_asks_the_lock_of_the_source(store: Store, tmp_path: pathlib.Path) -> None:
    (store.root / "SIMPEG" / f"{NAME}.r2.part").mkdir()
    spec = _checksum_module.argument_spec()
    params = {key: option.get("default") for key, option in spec.items()}
    params.update(path=str(store.root), state=str(tmp_path / "state"), fail=False)
    with hold(source_lock(str(tmp_path / "state"), "SIMPEG"), "The source SIMPEG"):
        assert _checksum_module.checksum_result(params, check_mode=True)["whole"]
    assert not _checksum_module.checksum_result(params, check_mode=True)["whole"]
