# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every problem of a verification names its place and says in one sentence what is wrong there."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import os
import pathlib
import socket
import typing as t

import pytest
from tests.support.sets import MadeSet, allowed_signers, make_document, make_key, make_set, write_manifest

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock, parse_at
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import MediumError
from ansible_collections.nusantara.backup.plugins.module_utils._base._io import Digest
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._sets import _verify
from ansible_collections.nusantara.backup.plugins.module_utils._sets._receipts import VERIFIED, Receipt, Receipts
from ansible_collections.nusantara.backup.plugins.module_utils._sets._scan import (
    FoundSet,
    Stray,
    found_sets,
    named_sets,
    newest_of_each,
    scan,
)
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signers import Signers
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify import Selection, shown_path, verify_store
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify_report import VerifyReport

NAME, OLDER = "2026112024F1D-SIMPEG", "2026111924F1D-SIMPEG"
CONTENT = b"stored " * 1000
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def made(tmp_path: pathlib.Path) -> MadeSet:
    return make_set(tmp_path / "store", "SIMPEG", NAME, key=make_key(tmp_path))


def verified(made: MadeSet, **more: t.Any) -> VerifyReport:
    with Children() as children:
        signers = Signers(allowed_signers(made.root.parent / "allowed", str(made.root.parent / "manifest")), children)
        return verify_store(str(made.root), Clock(), signers=signers, **more)


def reforge(made: MadeSet, **changes: t.Any) -> None:
    """Another manifest, signed by the right key."""
    made.manifest.unlink()
    made.signature.unlink()
    document = {**make_document("SIMPEG", NAME, {made.files[0]: CONTENT}), **changes}
    write_manifest(made, document, str(made.root.parent / "manifest"))


def bind(path: pathlib.Path) -> None:
    """A socket; its path may be longer than an address."""
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


def link_away(path: pathlib.Path) -> None:
    path.rename(path.parents[3] / "elsewhere")
    path.symlink_to(path.parents[3] / "elsewhere")


ARTIFACT, PAPER, SIGNATURE = f"{NAME}.sqlite.zst.age", f"{NAME}.manifest.json", f"{NAME}.manifest.json.sig"
PLANTED: dict[str, tuple[t.Callable[[MadeSet], object], str, str]] = {
    "hash": (
        lambda m: m.artifact().write_bytes(b"Stored " + CONTENT[7:]),
        ARTIFACT,
        "The artifact {path} has the SHA-256 "
        + hashlib.sha256(b"Stored " + CONTENT[7:]).hexdigest()
        + f"; its manifest says {SHA}",
    ),
    "size": (
        lambda m: os.truncate(m.artifact(), 7),
        ARTIFACT,
        "The artifact {path} has 7 bytes; its manifest says 7000",
    ),
    "missing": (lambda m: m.artifact().unlink(), ARTIFACT, "The artifact {path} is missing"),
    "link": (
        lambda m: link_away(m.artifact()),
        ARTIFACT,
        "{path} is a link, a directory or a device instead of the artifact",
    ),
    "directory": (
        lambda m: (m.artifact().unlink(), m.artifact().mkdir()),
        ARTIFACT,
        "{path} is a link, a directory or a device instead of the artifact",
    ),
    "socket": (
        lambda m: (m.artifact().unlink(), bind(m.artifact())),
        ARTIFACT,
        "{path} is a link, a directory or a device instead of the artifact",
    ),
    "added": (lambda m: (m.directory / "x").write_bytes(b""), "x", "{path} is not named by the manifest"),
    "source": (lambda m: reforge(m, source="Situs"), "", "The manifest says that the set is of the source 'Situs'"),
    "unsigned": (
        lambda m: m.signature.unlink(),
        SIGNATURE,
        f"The manifest of {NAME} in {{directory}} is not signed",
    ),
    "signature": (
        lambda m: m.signature.write_bytes(b""),
        SIGNATURE,
        f"The signature of {NAME} in {{directory}} is not one of the host 'db1'",
    ),
    "no manifest": (lambda m: m.manifest.unlink(), "", "The set {directory} has no manifest"),
    "bad manifest": (
        lambda m: m.manifest.write_bytes(b"{"),
        "",
        "The manifest {directory}/" + PAPER + " is not valid: is not JSON (JSONDecodeError)",
    ),
}


@pytest.mark.parametrize("plant", list(PLANTED))
def test_a_problem_names_its_place_and_what_is_wrong(made: MadeSet, plant: str) -> None:
    act, place, message = PLANTED[plant]
    act(made)
    problems = verified(made).problems
    path = os.path.join(made.directory, place) if place else str(made.directory)
    told = message.format(path=path, directory=made.directory)
    assert (problems[0].path, problems[0].message) == (path, told)
    assert len(problems) == 1


def test_what_lies_beside_the_sets_is_told_by_its_place(made: MadeSet) -> None:
    root = made.root
    (root / "old.dump").write_bytes(b"")
    (root / "a b").mkdir()
    (root / "link").symlink_to(root / "SIMPEG")
    (root / "SIMPEG" / "yesterday").mkdir()
    (root / "SIMPEG" / "2026112024F1D-Situs").mkdir()
    (root / "SIMPEG" / f"{NAME}.r2.part").mkdir()
    os.mkfifo(root / "SIMPEG" / "pipe")
    told = {os.path.relpath(stray.path, root): stray.message.partition(" ")[2] for stray in verified(made).strays}
    words = {path: text.split(":")[0] for path, text in told.items()}
    assert words == {
        "old.dump": "is a file that belongs to no set",
        "a b": words["a b"],
        "link": "is a link, which is never followed",
        "SIMPEG/yesterday": "has no name of the procedure",
        "SIMPEG/2026112024F1D-Situs": "is a set of Situs and lies with SIMPEG",
        f"SIMPEG/{NAME}.r2.part": "is an unfinished set",
        "SIMPEG/pipe": "is no file and no directory",
    }
    assert "has no name of the procedure: The field 'data' is 'a b'" in told["a b"]
    assert "The field 'year' is 'yest'" in told["SIMPEG/yesterday"]


def test_a_source_that_cannot_be_listed_hides_no_other(made: MadeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    make_set(made.root, "Situs", "2026112024F1D-Situs", key=str(made.root.parent / "manifest"))
    real = os.scandir

    def scandir(path: str) -> t.Any:
        if path == str(made.root / "SIMPEG"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = verified(made)
    assert [(stray.kind, stray.code, stray.path) for stray in report.strays] == [
        ("unreadable", "verify.unreadable", str(made.root / "SIMPEG"))
    ]
    assert report.strays[0].message.endswith("cannot be listed: Permission denied")
    assert [entry.source for entry in report.sets] == ["Situs"]


def test_a_set_that_cannot_be_listed_is_unreadable(made: MadeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def scandir(path: str) -> t.Any:
        if path == str(made.directory):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    (problem,) = verified(made).problems
    assert (problem.code, problem.path) == ("verify.unreadable", str(made.directory))
    assert problem.message == f"{made.directory} cannot be read: Permission denied"


def test_what_cannot_be_opened_for_another_reason_is_unreadable(made: MadeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refuse(path: t.Any, *more: t.Any, **options: t.Any) -> int:
        if path == str(made.artifact()):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *more, **options)

    monkeypatch.setattr(os, "open", refuse)
    (problem,) = verified(made).problems
    assert (problem.kind, problem.path) == ("unreadable", str(made.artifact()))
    assert problem.message == f"{made.artifact()} cannot be read: Permission denied"


def test_the_store_that_cannot_be_listed_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(MediumError) as caught:
        list(scan(str(tmp_path / "absent")))
    assert caught.value.what == f"The store cannot be listed: {tmp_path / 'absent'}: No such file or directory"


def test_a_report_tells_what_was_read_and_when(made: MadeSet) -> None:
    report = verify_store(str(made.root), Clock(parse_at("2026-11-21T07:00:00+07:00")))
    told = report.as_dict()
    assert (told["path"], told["at"], told["bytes"]) == (str(made.root), "2026-11-21T00:00:00Z", 7000)
    assert 0 <= told["seconds"] < 60
    (entry,) = report.sets
    assert entry.as_dict() == {
        "source": "SIMPEG",
        "name": NAME,
        "path": str(made.directory),
        "status": "ok",
        "bytes": 7000,
        "problems": [],
    }


@pytest.mark.parametrize("dropped", [True, False])
def test_a_report_says_when_a_byte_may_have_come_from_the_cache(
    made: MadeSet, monkeypatch: pytest.MonkeyPatch, dropped: bool
) -> None:
    real = _verify.read_back_descriptor
    monkeypatch.setattr(
        _verify, "read_back_descriptor", lambda descriptor: dataclasses.replace(real(descriptor), dropped=dropped)
    )
    assert verified(made).dropped is dropped


def test_more_sets_than_threads_are_all_read(made: MadeSet) -> None:
    for number in range(2, 60):
        make_set(made.root, "SIMPEG", f"{NAME}.r{number}", {"a": b"x", "b": b"y"})
    report = verify_store(str(made.root), Clock())
    assert (len(report.sets), report.problems) == (59, ())
    assert [entry.name for entry in report.sets] == [entry.name for entry in found_sets(str(made.root))]


def receipts_of(made: MadeSet, *names: str, sha256: str = "b" * 64) -> Receipts:
    """Receipts that know of copies to the medium 'nas'."""
    receipts = Receipts(str(made.root.parent / "state"))
    for name in names:
        receipts.write(
            Receipt(
                name=name,
                source=name.partition("-")[2],
                medium="nas",
                kind="disk",
                building="B",
                path=f"/mnt/nas/{name}",
                at="2026-11-21T00:10:00Z",
                seconds=2.5,
                files=((f"{name}.sqlite.zst.age", Digest(7000, SHA)),),
                manifest_sha256=sha256,
                outcome=VERIFIED,
                dropped=True,
            )
        )
    return receipts


def test_a_manifest_is_the_one_that_was_copied(made: MadeSet) -> None:
    same = receipts_of(made, NAME, sha256=hashlib.sha256(made.manifest.read_bytes()).hexdigest())
    assert verified(made, receipts=same).problems == ()
    assert verified(made, receipts=Receipts(str(made.root / "nowhere"))).problems == ()
    reforge(made, warnings=[{"code": "x"}])
    (problem,) = verified(made, receipts=same).problems
    assert (problem.kind, problem.code, problem.path) == ("altered", "verify.receipt", str(made.manifest))
    assert problem.message == "The manifest is not the one copied to 'nas' at 2026-11-21T00:10:00Z"


def test_a_broken_receipt_is_told_with_the_set(made: MadeSet) -> None:
    receipts = receipts_of(made, NAME)
    path = made.root.parent / "state" / "receipts" / "nas" / f"{NAME}.json"
    path.write_bytes(b"{")
    (problem,) = verified(made, receipts=receipts).problems
    assert (problem.kind, problem.code) == ("unparsable", "verify.receipt_broken")
    assert problem.path == str(made.directory)
    assert str(path) in problem.message


def test_the_newest_copies_of_a_medium_must_be_there(made: MadeSet) -> None:
    receipts = receipts_of(made, f"{NAME}.r2", OLDER, "2026112024F1D-Situs")
    assert verified(made, receipts=receipts).strays == ()
    gone = {one.path: one for one in verified(made, receipts=receipts, medium="nas").strays}
    assert set(gone) == {f"{made.root}/SIMPEG/{NAME}.r2", f"{made.root}/Situs/2026112024F1D-Situs"}
    problem = gone[f"{made.root}/SIMPEG/{NAME}.r2"]
    assert (problem.kind, problem.code) == ("missing", "verify.set_missing")
    assert problem.message == f"The set {NAME}.r2 was copied to 'nas' and is not there any more"
    of_one = verified(made, receipts=receipts, medium="nas", selection=Selection(sources=("Situs",)))
    assert [one.path for one in of_one.strays] == [f"{made.root}/Situs/2026112024F1D-Situs"]
    assert verified(made, receipts=receipts, medium="usb").strays == ()
    named = verified(made, receipts=receipts, medium="nas", selection=Selection(names=(NAME,)))
    assert named.strays == ()


def test_names_lead_to_where_their_sets_would_lie() -> None:
    found = named_sets("/store", [NAME, "yesterday", "2026112024F1D-Situs.r2"])
    assert [(one.source, one.name, one.directory) for one in found] == [
        ("SIMPEG", NAME, f"/store/SIMPEG/{NAME}"),
        ("Situs", "2026112024F1D-Situs.r2", "/store/Situs/2026112024F1D-Situs.r2"),
    ]


def test_the_newest_of_each_source_whatever_the_order_of_finding() -> None:
    names = [NAME, OLDER, f"{NAME}.r10", f"{NAME}.r2", "2026112002F1D-Situs", "2026112001F1D-Situs"]
    for order in (names, names[::-1]):
        newest = newest_of_each(named_sets("/store", order))
        assert {one.name for one in newest} == {f"{NAME}.r10", "2026112002F1D-Situs"}


def test_only_the_sources_that_were_asked_for_are_looked_at(made: MadeSet) -> None:
    make_set(made.root, "Situs", "2026112024F1D-Situs")
    (made.root / "old.dump").write_bytes(b"")
    found = list(scan(str(made.root), ("Situs",)))
    assert [type(one) for one in found] == [FoundSet]
    assert [type(one) for one in scan(str(made.root))] == [FoundSet, FoundSet, Stray]


@pytest.mark.parametrize("kind", ["file", "directory", "link"])
def test_only_a_marker_that_is_a_file_belongs_to_a_store(made: MadeSet, kind: str) -> None:
    marker = made.root / ".nusantara-backup-medium"
    if kind == "file":
        marker.write_bytes(b"nas")
    elif kind == "directory":
        marker.mkdir()
    else:
        marker.symlink_to(made.manifest)
    assert [stray.path for stray in verified(made).strays] == ([] if kind == "file" else [str(marker)])


def test_among_sets_no_stray_is_found(made: MadeSet) -> None:
    (made.root / "old.dump").write_bytes(b"")
    assert [entry.name for entry in found_sets(str(made.root))] == [NAME]


def test_what_could_not_be_read_did_not_come_from_the_cache(made: MadeSet) -> None:
    sound = verified(made)
    made.artifact().unlink()
    report = verified(made)
    assert (report.dropped, report.sets[0].bytes) == (True, 0)
    assert sound.sets[0].bytes == 7000


@pytest.mark.parametrize(
    ("path", "told"), [("/a b", "/a b"), ("/é", "'/\\xe9'"), ("/a\x1b", "'/a\\x1b'"), ("/\udcff", "'/\\udcff'")]
)
def test_a_path_is_shown_as_it_is_or_escaped(path: str, told: str) -> None:
    assert shown_path(path) == told


def test_a_selection_of_names_has_no_strays_and_tells_what_is_absent(made: MadeSet) -> None:
    (made.root / "old.dump").write_bytes(b"")
    report = verified(made, selection=Selection(names=(NAME, OLDER)))
    assert [entry.name for entry in report.sets] == [NAME]
    (problem,) = report.strays
    assert (problem.path, problem.message) == (f"{made.root}/{OLDER}", f"The set {OLDER} is not in this store")


class Unlookable:
    """An entry of a listing that the disk tells nothing about."""

    def __init__(self, entry: os.DirEntry[str]) -> None:
        self.name, self.path = entry.name, entry.path

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        raise OSError(errno.EIO, "Input/output error", self.path)


@pytest.mark.parametrize("place", ["SIMPEG", f"SIMPEG/{NAME}"])
def test_an_entry_that_the_disk_tells_nothing_about_hides_no_other(
    made: MadeSet, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    make_set(made.root, "Situs", "2026112024F1D-Situs", key=str(made.root.parent / "manifest"))
    real = os.scandir

    @contextlib.contextmanager
    def scandir(path: str) -> t.Iterator[list[t.Any]]:
        with real(path) as entries:
            bad = str(made.root / place)
            yield [Unlookable(entry) if entry.path == bad else entry for entry in entries]

    monkeypatch.setattr(os, "scandir", scandir)
    report = verified(made)
    (stray,) = report.strays
    assert (stray.kind, stray.path) == ("unreadable", str(made.root / place))
    assert stray.message.endswith("cannot be looked at: Input/output error")
    assert [entry.source for entry in report.sets] == ["Situs"]


def test_a_signature_that_the_disk_does_not_give_is_no_altered_one(
    made: MadeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.lstat

    def lstat(path: t.Any) -> os.stat_result:
        if path == str(made.signature):
            raise OSError(errno.EIO, "Input/output error", path)
        return real(path)

    monkeypatch.setattr(os, "lstat", lstat)
    messages = [problem.message for problem in verified(made).problems]
    assert f"The signature {made.signature} cannot be read: Input/output error" in messages


class Ticking(Clock):
    """A clock that shows what it is told to."""

    def __init__(self, *shown: float) -> None:
        super().__init__()
        self._shown = list(shown)

    def seconds(self) -> float:
        return self._shown.pop(0)


def test_a_report_tells_how_long_it_took(made: MadeSet) -> None:
    assert verify_store(str(made.root), Ticking(100.0, 103.45678)).seconds == 3.457


def test_a_run_at_work_excuses_its_unfinished_set_only(made: MadeSet) -> None:
    (made.root / "SIMPEG" / f"{NAME}.r2.part").mkdir()
    (made.root / "SIMPEG" / "old.dump").write_bytes(b"")
    (stray,) = verified(made, busy=lambda source: source == "SIMPEG").strays
    assert stray.path == str(made.root / "SIMPEG" / "old.dump")


def test_a_copy_that_is_there_is_not_missed(made: MadeSet) -> None:
    receipts = receipts_of(made, NAME, sha256=hashlib.sha256(made.manifest.read_bytes()).hexdigest())
    assert verified(made, receipts=receipts, medium="nas").problems == ()
    assert verified(made, medium="nas").problems == (), "without receipts nothing is known of copies"


def test_a_source_of_any_length_does_not_fill_the_screen(made: MadeSet) -> None:
    reforge(made, source="S" * 300)
    (problem,) = verified(made).problems
    assert problem.message == f"The manifest says that the set is of the source '{'S' * 59}"


def test_one_file_from_the_cache_is_enough_for_a_doubt(made: MadeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several files and of several sets, whichever comes first."""
    make_set(made.root, "SIMPEG", f"{NAME}.r2", {"a": b"x", "b": b"y"}, key=str(made.root.parent / "manifest"))
    real = _verify.read_back_descriptor
    for cached in (NAME, f"{NAME}.r2.a", f"{NAME}.r2.b"):

        def read_back(descriptor: int, cached: str = cached) -> t.Any:
            name = os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))
            mine = name == cached or (cached == NAME and name == ARTIFACT)
            return dataclasses.replace(real(descriptor), dropped=not mine)

        monkeypatch.setattr(_verify, "read_back_descriptor", read_back)
        assert not verified(made).dropped, cached


def test_papers_that_are_no_files_are_told(made: MadeSet) -> None:
    link_away(made.signature)
    messages = {problem.path: problem.message for problem in verified(made).problems if problem.kind == "unknown"}
    assert messages == {str(made.signature): f"{made.signature} is no plain file"}


def test_a_set_without_signature_is_a_doubt_with_its_place(made: MadeSet) -> None:
    made.signature.unlink()
    (doubt,) = verify_store(str(made.root), Clock()).warnings
    assert (doubt.path, doubt.message) == (str(made.signature), "The set is not signed")


def test_what_was_read_of_an_altered_file_is_counted_and_nothing_stays_open(made: MadeSet) -> None:
    made.artifact().write_bytes(b"Stored " + CONTENT[7:])
    files = len(os.listdir("/proc/self/fd"))
    report = verify_store(str(made.root), Clock())
    assert (report.sets[0].bytes, report.sets[0].status) == (7000, "altered")
    assert len(os.listdir("/proc/self/fd")) == files
