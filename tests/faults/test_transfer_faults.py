# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transfers that meet full, absent, vanishing, lying and hanging disks, and altered sources."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import threading
import typing as t

import pytest
from tests.support.mounts import mark, mounted, mounted_image, remount, take_away
from tests.support.sets import MadeSet, allowed_signers, make_big_set, make_document, make_key, make_set, write_manifest

from ansible_collections.nusantara.backup.plugins.module_utils._base import _held
from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._io import write_all
from ansible_collections.nusantara.backup.plugins.module_utils._base._locks import hold
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Medium
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._base._residency import cache_is_empty
from ansible_collections.nusantara.backup.plugins.module_utils._copies import _destination, _transfer
from ansible_collections.nusantara.backup.plugins.module_utils._copies._transfer import Copy, SetRef, Transfer
from ansible_collections.nusantara.backup.plugins.module_utils._media import _disk
from ansible_collections.nusantara.backup.plugins.module_utils._media._disk import Disk
from ansible_collections.nusantara.backup.plugins.module_utils._sets._receipts import VERIFIED, Receipts
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signers import Signers
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify import verify_store

NAME = "2026112024F1D-SIMPEG"
REF = SetRef("SIMPEG", NAME)
FILES = {"pgdump.zst.age": os.urandom(5 << 20), "globals.sql.zst.age": b"roles"}


@dataclasses.dataclass
class World:
    """A store with one signed set, a sound medium ``good``, and a transfer that calls ``on_chunk`` once."""

    base: pathlib.Path
    made: MadeSet
    good: Medium
    key: str

    def copy(self, *media: Medium, on_chunk: t.Callable[[], object] | None = None, **changes: t.Any) -> list[Copy]:
        pending = [on_chunk] if on_chunk else []

        def moved(_count: int) -> None:
            if pending:
                pending.pop()()

        transfer = Transfer(str(self.base / "store"), str(self.base / "state"), Clock(), moved=moved, **changes)
        return transfer.copy(REF, [*media, self.good])


@pytest.fixture
def world(tmp_path: pathlib.Path) -> World:
    key = make_key(tmp_path)
    made = make_set(tmp_path / "store", "SIMPEG", NAME, FILES, key)
    return World(tmp_path, made, Medium("good", "disk", str(mark(tmp_path / "good", "good"))), key)


def medium_at(path: pathlib.Path) -> Medium:
    return Medium("bad", "disk", str(path))


def expect(copies: list[Copy], code: str) -> None:
    """The first copy failed with this code and left words; the last one is whole all the same."""
    assert copies[0].receipt is None
    assert copies[0].error is not None
    assert copies[0].error.code == code, str(copies[0].error)
    assert copies[0].error.remedy
    assert copies[-1].error is None
    assert copies[-1].receipt is not None


def names_below(path: pathlib.Path) -> list[str]:
    return sorted(entry.name for entry in path.rglob("*"))


def test_the_nas_was_not_mounted(world: World) -> None:
    point = world.base / "nas"
    point.mkdir()
    expect(world.copy(medium_at(point)), "medium.not_mounted")
    assert names_below(point) == []


def test_an_absent_medium_is_never_created(world: World) -> None:
    expect(world.copy(medium_at(world.base / "absent")), "medium.missing")
    assert not (world.base / "absent").exists()


def test_another_disk_at_the_same_place_is_refused(world: World) -> None:
    expect(world.copy(medium_at(mark(world.base / "nas", "other"))), "medium.other")


def test_a_full_disk_is_known_before(world: World) -> None:
    with mounted(world.base / "nas", "size=2m") as point:
        expect(world.copy(medium_at(point)), "medium.full")
        assert [name for name in names_below(point) if name != "SIMPEG"] == []


def test_a_disk_that_fills_up_in_mid_copy(world: World) -> None:
    with mounted(world.base / "nas", "size=8m") as point:
        expect(world.copy(medium_at(point), on_chunk=lambda: fill(point / "filler")), "medium.full")
        assert names_below(point / "SIMPEG") == []


def test_a_disk_without_room_for_the_manifest(world: World) -> None:
    with mounted(world.base / "nas", "size=32m", "nr_inodes=5") as point:
        expect(world.copy(medium_at(point)), "medium.full")
        assert names_below(point / "SIMPEG") == []


def fill(path: pathlib.Path) -> None:
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as stream:
        while True:
            stream.write(bytes(1 << 16))


def test_a_read_only_disk(world: World) -> None:
    with mounted(world.base / "nas", "size=32m") as point:
        remount(point, "ro")
        expect(world.copy(medium_at(point)), "medium.readonly")


def test_a_mount_that_vanishes_in_mid_copy(world: World) -> None:
    with mounted(world.base / "nas", "size=32m") as point:
        expect(world.copy(medium_at(point), on_chunk=lambda: take_away(point)), "medium.vanished")
        assert not os.path.ismount(point)
        assert names_below(point) == [], "the root disk below the mount point must stay empty"


def test_a_disk_that_gives_back_other_bytes(world: World) -> None:
    place = mark(world.base / "nas", "bad")

    def spoil() -> None:
        artifact = place / "SIMPEG" / f"{NAME}.part" / world.made.files[0]
        while not (artifact.exists() and artifact.stat().st_size >= 1 << 20):
            os.sched_yield()
        with open(artifact, "r+b") as stream:
            byte = stream.read(1)
            stream.seek(0)
            stream.write(bytes([byte[0] ^ 1]))

    expect(world.copy(medium_at(place), on_chunk=spoil), "medium.corrupt")
    assert names_below(place / "SIMPEG") == []


def test_a_disk_that_alters_the_manifest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def lying(descriptor: int, data: bytes) -> None:
        write_all(descriptor, data.replace(b"Asia/Jakarta", b"Asia/Makassa"))

    monkeypatch.setattr(_disk, "write_all", lying)
    (copy,) = world.copy()
    assert copy.error is not None
    assert copy.error.code == "medium.corrupt"
    assert names_below(pathlib.Path(world.good.path) / "SIMPEG") == []


def test_a_name_that_appears_in_mid_copy_is_not_overwritten(world: World) -> None:
    place = mark(world.base / "nas", "bad")
    final = place / "SIMPEG" / NAME
    expect(world.copy(medium_at(place), on_chunk=lambda: final.mkdir(parents=True)), "medium.exists")
    assert names_below(place / "SIMPEG") == [NAME]


def test_everything_is_flushed_before_the_name_and_the_name_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut after the receipt must not take the copy away."""
    events: list[str] = []
    real_sync, real_rename = os.fsync, os.rename

    def sync(descriptor: int) -> None:
        events.append(os.path.relpath(os.readlink(f"/proc/self/fd/{descriptor}"), world.good.path))
        real_sync(descriptor)

    def rename(*arguments: t.Any, **named: t.Any) -> None:
        events.append("rename")
        real_rename(*arguments, **named)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "rename", rename)
    assert world.copy()[0].error is None
    events = [event for event in events if not event.startswith("..")]
    named = events.index("rename")
    part = f"SIMPEG/{NAME}.part"
    files = [*world.made.files, world.made.signature.name, world.made.manifest.name]
    assert events[:named] == [".", *(f"{part}/{file}" for file in files), part]
    assert events[named + 1 :] == ["SIMPEG"]


def test_several_destinations_from_one_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many media take the set, each artifact is opened once and read once."""
    opened: list[str] = []
    read: list[int] = []
    real = _transfer.open_to_read

    def open_to_read(path: str) -> int:
        opened.append(os.path.basename(path))
        return real(path)

    monkeypatch.setattr(_transfer, "open_to_read", open_to_read)
    others = [Medium(name, "disk", str(mark(world.base / name, name))) for name in ("two", "three")]
    transfer = Transfer(str(world.base / "store"), str(world.base / "state"), Clock(), moved=read.append)
    copies = transfer.copy(REF, [*others, world.good])
    assert [copy.error for copy in copies] == [None] * 3
    assert opened == list(world.made.files)
    first = [count for count in read if count > 5]
    assert first == sorted(set(first)), "bytes were read again"


def test_a_disk_that_does_not_keep_others_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_held, "open_to_others", lambda _descriptor: True)
    copies = world.copy()
    assert [copy.error and copy.error.code for copy in copies] == ["medium.modes"]
    assert names_below(pathlib.Path(world.good.path) / "SIMPEG") == []


class _Hanging(Disk):
    """A disk whose server does not answer."""

    def __init__(self) -> None:
        self.answer = threading.Event()

    @contextlib.contextmanager
    def open(self, medium: Medium, store: str, parcel: t.Any) -> t.Iterator[t.Any]:
        self.answer.wait()
        with super().open(medium, store, parcel) as intake:
            yield intake


def test_a_medium_that_hangs_is_left_behind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging, real = _Hanging(), _destination.driver_of
    monkeypatch.setattr(_destination, "driver_of", lambda medium: hanging if medium.name == "bad" else real(medium))
    place = mark(world.base / "nas", "bad")
    try:
        expect(world.copy(medium_at(place), patience=0.5), "medium.stalled")
    finally:
        hanging.answer.set()
        for thread in threading.enumerate():
            if thread.name == "medium-bad":
                thread.join()
    assert not (place / "SIMPEG" / NAME).exists(), "who was left behind publishes nothing later"


def test_a_medium_that_is_in_use_is_left_alone(world: World) -> None:
    place = mark(world.base / "nas", "bad")
    with hold(str(world.base / "state" / "locks" / "medium-bad.lock"), "another run"):
        expect(world.copy(medium_at(place)), "lock.held")


def alter_tail(world: World) -> None:
    with open(world.made.artifact(), "r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        last = stream.read(1)[0]
        stream.seek(-1, os.SEEK_END)
        stream.write(bytes([last ^ 1]))


def lengthen(world: World) -> None:
    with open(world.made.artifact(), "ab") as stream:
        stream.write(b"more")


def replace_by_link(world: World) -> None:
    path = world.made.artifact(1)
    path.rename(world.base / "elsewhere")
    path.symlink_to(world.base / "elsewhere")


@pytest.mark.parametrize(
    "alter",
    [
        alter_tail,
        lengthen,
        replace_by_link,
        lambda world: os.truncate(world.made.artifact(), 2 << 20),
        lambda world: world.made.artifact(1).unlink(),
    ],
    ids=["altered", "longer", "linked", "truncated", "removed"],
)
def test_a_source_that_changes_while_it_is_read_is_published_nowhere(
    world: World, alter: t.Callable[[World], None]
) -> None:
    copies = world.copy(medium_at(mark(world.base / "nas", "bad")), on_chunk=lambda: alter(world))
    assert [copy.error and copy.error.code for copy in copies] == ["transfer.source", "transfer.source"]
    assert [names_below(world.base / place / "SIMPEG") for place in ("nas", "good")] == [[], []]


def forge(world: World, key: str = "") -> None:
    """Artifact and manifest replaced together."""
    world.made.signature.unlink()
    world.made.artifact(1).write_bytes(b"forged")
    contents = {file: (world.made.directory / file).read_bytes() for file in world.made.files}
    write_manifest(world.made, make_document("SIMPEG", NAME, contents), key)


@pytest.mark.parametrize("forgery", ["manifest.signature", "manifest.unsigned"])
def test_artifact_and_manifest_replaced_together_are_not_copied(world: World, forgery: str) -> None:
    signers = Signers(allowed_signers(world.base / "signers", world.key), Children())
    forge(world, make_key(world.base, name="other") if forgery == "manifest.signature" else "")
    (copy,) = world.copy(signers=signers)
    assert copy.error is not None
    assert copy.error.code == forgery


def test_a_signed_set_passes_its_signers(world: World) -> None:
    (copy,) = world.copy(signers=Signers(allowed_signers(world.base / "signers", world.key), Children(), "db1"))
    assert copy.error is None


def test_a_set_replaced_after_it_was_copied_is_told_by_its_receipt(world: World) -> None:
    world.copy()
    forge(world)
    # Not even to a new disk, which holds nothing to compare with.
    os.rename(world.good.path, world.good.path + ".broken")
    mark(pathlib.Path(world.good.path), "good")
    (copy,) = world.copy()
    assert copy.error is not None
    assert copy.error.code == "medium.conflict"
    assert "is not the one that was copied" in copy.error.what
    report = verify_store(str(world.base / "store"), Clock(), receipts=Receipts(str(world.base / "state")))
    assert [problem.code for problem in report.problems] == ["verify.receipt"]


def test_a_new_disk_under_the_old_name_gets_the_set_again(world: World) -> None:
    world.copy()
    os.rename(world.good.path, world.good.path + ".broken")
    mark(pathlib.Path(world.good.path), "good")
    (copy,) = world.copy()
    assert copy.receipt is not None
    assert copy.receipt.outcome == VERIFIED
    assert len(Receipts(str(world.base / "state")).of("good", NAME)) == 2


_KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
    from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Medium
    from ansible_collections.nusantara.backup.plugins.module_utils._copies._transfer import SetRef, Transfer

    base, name, call, count = sys.argv[1:]
    seen = 0
    real = getattr(os, call)

    def dying(*arguments, **named):
        global seen
        seen += 1
        if seen == int(count):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)

    setattr(os, call, dying)
    Transfer(f"{base}/store", f"{base}/state", Clock()).copy(
        SetRef("SIMPEG", name), [Medium("good", "disk", f"{base}/good")]
    )
    """
)
KILLS = [("write", 2), ("write", 7), ("rename", 1), ("link", 1), ("unlink", 1), *(("fsync", n) for n in range(1, 11))]


@pytest.mark.parametrize(("call", "count"), KILLS, ids=[f"{call}-{count}" for call, count in KILLS])
def test_half_a_set_is_never_visible_after_a_kill(world: World, call: str, count: int) -> None:
    done = run_child(_KILLED, str(world.base), NAME, call, str(count))
    assert done.returncode == -signal.SIGKILL, "the call was never reached"
    report = verify_store(world.good.path, Clock())
    assert report.counts["ok"] == len(report.sets), "what has its final name is whole"
    (copy,) = world.copy()
    assert copy.error is None
    after = verify_store(world.good.path, Clock())
    assert (after.counts["ok"], after.problems) == (1, ())
    assert len(Receipts(str(world.base / "state")).of("good", NAME)) == 1


def run_child(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_copy_is_read_from_the_medium_and_not_from_the_page_cache(world: World) -> None:
    with mounted_image(world.base / "disk.img", world.base / "nas", 32) as point:
        copy = world.copy(medium_at(point))[0]
        assert copy.receipt is not None
        assert copy.receipt.dropped
        artifact = point / "SIMPEG" / NAME / world.made.files[0]
        assert cached_pages(artifact) == 0
        artifact.read_bytes()
        assert cached_pages(artifact) > 0


def test_a_ram_disk_does_not_claim_to_be_a_medium(world: World) -> None:
    with mounted(world.base / "nas", "size=32m") as point:
        copy = world.copy(medium_at(point))[0]
        assert copy.receipt is not None
        assert not copy.receipt.dropped


def test_the_probe_of_the_cache_agrees_with_fincore(tmp_path: pathlib.Path) -> None:
    with mounted_image(tmp_path / "disk.img", tmp_path / "disk", 32) as point:
        path = point / "file"
        path.write_bytes(bytes(4 << 20))
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            assert not cache_is_empty(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            assert cached_pages(path) == 0
            assert cache_is_empty(descriptor)
            os.pread(descriptor, 1, 3 << 20)
            assert not cache_is_empty(descriptor), "one page is enough"
        finally:
            os.close(descriptor)


def cached_pages(path: pathlib.Path) -> int:
    command = ["fincore", "--noheadings", "--output", "PAGES", "--", str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


_MEASURED = textwrap.dedent(
    """
    import sys
    from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
    from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Medium
    from ansible_collections.nusantara.backup.plugins.module_utils._copies._transfer import SetRef, Transfer
    from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify import verify_store

    base, name = sys.argv[1:]
    media = [Medium(one, "disk", f"{base}/{one}") for one in ("good", "nas")]
    copies = Transfer(f"{base}/store", f"{base}/state", Clock()).copy(SetRef("BIG", name), media)
    assert all(copy.error is None for copy in copies)
    assert not verify_store(f"{base}/good", Clock()).problems
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
    """
)


def test_memory_stays_bounded_whatever_the_size(tmp_path: pathlib.Path) -> None:
    for place in ("good", "nas"):
        mark(tmp_path / place, place)
    name = "2026112024F1D-BIG"
    make_big_set(tmp_path / "store", "BIG", name, 160 << 20)
    done = run_child(_MEASURED, str(tmp_path), name)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) <= 64 * 1024
