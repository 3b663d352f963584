# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that fills up before each step of a run: store, state with its working directory, medium."""

from __future__ import annotations

import collections.abc
import itertools
import pathlib
import typing

import pytest
from tests.support.mounts import mark, mounted, remount

from .gate import ENDED_BADLY, Gate
from .lab import Lab

MEGABYTES = 12


@pytest.fixture
def small(lab: Lab) -> collections.abc.Iterator[dict[str, pathlib.Path]]:
    """Each place of the lab on a small disk of its own."""
    size = f"size={MEGABYTES}m"
    lab.medium.joinpath(".nusantara-backup-medium").unlink()
    with mounted(lab.disk, size), mounted(lab.state.parent, size), mounted(lab.medium, size):
        mark(lab.medium, "internal")
        yield {"store": lab.disk, "state": lab.state.parent, "medium": lab.medium}


def fill(place: pathlib.Path) -> list[str]:
    """A command that takes the last byte of a disk."""
    return ["sh", "-c", 'cat /dev/zero > "$1/filler" 2> /dev/null || true', "fill", str(place)]


def moments(place: str) -> collections.abc.Iterator[dict[str, object]]:
    """Every step, until there is none of that number; of the medium those that make a difference."""
    if place == "medium":
        yield from ({"named": name} for name in ("preflight", "copy", "servers"))
    else:
        yield from ({"step": number} for number in itertools.count(1))


@pytest.mark.parametrize("place", ["store", "state", "medium"])
def test_a_disk_that_is_full_from_any_step_on(lab: Lab, small: dict[str, pathlib.Path], place: str) -> None:
    lab.sqlite(rows=1000)
    lab.good(night=1)
    ended = []
    for number, when in enumerate(moments(place), start=1):
        gate = Gate(lab)
        fault = {"when": when, "do": ["run", *fill(small[place])]}
        done = lab.run("--again", night=number + 1, fault=fault)
        if not done.fired:
            break
        gate.clean(done)
        attempt = lab.attempts("Pegawai")[0]
        copied = [copy["outcome"] for copy in attempt["copies"]] == ["verified"]
        assert done.status == (0 if attempt["outcome"] == "success" and copied else 1), (done, attempt)
        if done.status:
            assert attempt["outcome"] in ENDED_BADLY or not copied
            assert str(small[place]) in done.said, done.said
            assert "pace" in done.said, "neither 'No space left' nor 'Free space'"
            ended.append(done.fired)
        (small[place] / "filler").unlink()
        gate.healed(night=number + 1)
    needed = {
        "store": {"Pegawai: preflight", "Pegawai: prepare", "Pegawai: dump sqlite", "Pegawai: sign"},
        "state": {"Pegawai: lock", "Pegawai: preflight"},
        "medium": {"Pegawai: preflight", "Pegawai: copy"},
    }
    assert needed[place] <= set(ended), ended


def test_a_store_that_fills_up_in_the_middle_of_the_bytes(lab: Lab, small: dict[str, pathlib.Path]) -> None:
    lab.sqlite(rows=12_000)
    gate = Gate(lab)
    fault = {"when": {"moved": 1 << 20, "named": "dump sqlite"}, "do": ["run", *fill(small["store"])]}
    done = lab.run(night=1, fault=fault)
    assert done.fired
    gate.stopped(done, "Pegawai", "No space left", "nothing was published", str(lab.store))
    (small["store"] / "filler").unlink()
    gate.healed(night=1)


def test_a_full_state_stops_the_run_before_anything(lab: Lab, small: dict[str, pathlib.Path]) -> None:
    lab.sqlite()
    lab.good(night=1)
    filler = small["state"] / "filler"
    filler.write_bytes(bytes((MEGABYTES << 20) - sum(1 << 16 for _page in range(4))))
    with open(filler, "ab", buffering=0) as stream:
        while fits(stream):
            pass
    gate = Gate(lab)
    done = lab.run(night=2)
    assert done.status == 1
    gate.clean(done)
    assert str(lab.state) in done.said and "pace" in done.said
    assert not list(lab.store.glob("*/*1102*"))
    filler.unlink()
    gate.healed(night=2)


def fits(stream: typing.BinaryIO) -> bool:
    try:
        return bool(stream.write(bytes(4096)))
    except OSError:
        return False


def test_preflight_refuses_what_will_not_fit(lab: Lab, small: dict[str, pathlib.Path]) -> None:
    lab.sqlite(rows=12_000)
    lab.good(night=1)
    (small["store"] / "filler").write_bytes(bytes(8 << 20))
    gate = Gate(lab)
    done = lab.run(night=2)
    gate.stopped(done, "Pegawai", str(lab.store), "MiB free", "Free space")
    checked = lab.run(night=2, command="check")
    assert checked.status == 1 and "MiB free" in checked.said
    (small["store"] / "filler").unlink()
    gate.healed(night=2)


@pytest.mark.parametrize(
    ("place", "step"), [("state", "start"), ("store", "start"), ("store", "dump sqlite"), ("store", "publish")]
)
def test_a_disk_that_is_read_only(lab: Lab, small: dict[str, pathlib.Path], place: str, step: str) -> None:
    lab.sqlite()
    lab.good(night=1)
    gate = Gate(lab)
    freeze = ["mount", "-o", "bind,remount,ro", str(small[place])]
    fault = None if step == "start" else {"when": {"named": step}, "do": ["run", *freeze]}
    if step == "start":
        remount(small[place], "ro")
    done = lab.run(night=2, fault=fault)
    assert done.status == 1, done.said
    assert "ead-only" in done.said and str(small[place]) in done.said
    remount(small[place], "bind,rw")
    remount(small[place], "rw")
    gate.clean(done)
    if place == "store":
        assert lab.attempts("Pegawai")[0]["outcome"] in ENDED_BADLY
    gate.healed(night=2)


def test_a_store_that_goes_away_in_the_middle(lab: Lab, small: dict[str, pathlib.Path]) -> None:
    """What was under way is lost, what was stored before is on the disk that went away."""
    lab.sqlite(rows=3000)
    lab.good(night=1)
    gone = {"when": {"moved": 1, "named": "dump sqlite"}, "do": ["run", "umount", "--lazy", str(small["store"])]}
    done = lab.run(night=2, fault=gone)
    assert done.fired and done.status == 1, done.said
    assert "Traceback" not in done.said and str(lab.store) in done.said
    assert not done.left
    assert lab.attempts("Pegawai")[0]["outcome"] == "failed"
    assert not lab.sets() & set(lab.store.glob("*/*"))
    Gate(lab).healed(night=2)
