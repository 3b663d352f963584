# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is planted in whatever set, verification tells exactly that, and of that set only."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.mounts import mark
from tests.support.sets import MadeSet, allowed_signers, make_document, make_key, make_set, write_manifest

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import ManifestError
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Medium
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._copies._transfer import SetRef, Transfer
from ansible_collections.nusantara.backup.plugins.module_utils._sets._manifest import decode
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signers import Signers
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify import verify_store

SOURCES = ("SIMPEG", "Keuangan", "Situs")
NAMES = ("2026111924F1D-{}", "2026112024F1D-{}", "2026112024F1D-{}.r2")
Contents = dict[str, bytes]
contents = st.dictionaries(
    st.sampled_from(["pgdump.zst.age", "globals.sql.zst.age", "a.tar.zst.age", "b.tar.zst.age"]),
    st.binary(min_size=1, max_size=2000),
    min_size=1,
)
stores = st.dictionaries(st.tuples(st.sampled_from(SOURCES), st.sampled_from(NAMES)), contents, min_size=1, max_size=4)
Draw = t.Callable[..., t.Any]


class Keys(t.NamedTuple):
    """The host's key, a stranger's key, and the file that allows the first only."""

    own: str
    other: str
    signers: Signers


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    base = tmp_path_factory.mktemp("keys")
    own, other = make_key(base, name="own"), make_key(base, name="other")
    return Keys(own, other, Signers(allowed_signers(base / "signers", own), Children()))


def flip(made: MadeSet, draw: Draw, _keys: Keys) -> str:
    path = made.artifact(draw(st.integers(0, len(made.files) - 1)))
    data = bytearray(path.read_bytes())
    data[draw(st.integers(0, len(data) - 1))] ^= 1 << draw(st.integers(0, 7))
    path.write_bytes(bytes(data))
    return "altered"


def truncate(made: MadeSet, draw: Draw, _keys: Keys) -> str:
    path = made.artifact(draw(st.integers(0, len(made.files) - 1)))
    os.truncate(path, draw(st.integers(0, path.stat().st_size - 1)))
    return "altered"


def extend(made: MadeSet, draw: Draw, _keys: Keys) -> str:
    with open(made.artifact(), "ab") as stream:
        stream.write(draw(st.binary(min_size=1, max_size=50)))
    return "altered"


def remove(made: MadeSet, draw: Draw, _keys: Keys) -> str:
    made.artifact(draw(st.integers(0, len(made.files) - 1))).unlink()
    return "missing"


def add(made: MadeSet, draw: Draw, _keys: Keys) -> str:
    name = draw(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=30))
    (made.directory / f"+{name}").write_bytes(b"")
    return "unknown"


def sign_again(made: MadeSet, draw: Draw, keys: Keys) -> str:
    made.artifact().write_bytes(draw(st.binary(max_size=100)))
    made.signature.unlink()
    files = {file: (made.directory / file).read_bytes() for file in made.files}
    write_manifest(made, make_document(made.source, made.name, files, seconds=1.0), keys.other)
    return "altered"


def flip_signature(made: MadeSet, draw: Draw, _keys: Keys) -> str:
    lines = made.signature.read_bytes().splitlines()
    middle = bytearray(lines[1])
    at = draw(st.integers(20, len(middle) - 1))
    middle[at] = ord("A") if middle[at] != ord("A") else ord("B")
    made.signature.write_bytes(b"\n".join([lines[0], bytes(middle), *lines[2:]]) + b"\n")
    return "altered"


def drop_manifest(made: MadeSet, _draw: Draw, _keys: Keys) -> str:
    made.manifest.unlink()
    return "incomplete"


def cut_manifest(made: MadeSet, draw: Draw, _keys: Keys) -> str:
    size = made.manifest.stat().st_size
    os.truncate(made.manifest, draw(st.integers(0, size - 3)))
    return "unparsable"


PLANTS = [flip, truncate, extend, remove, add, sign_again, flip_signature, drop_manifest, cut_manifest]


def build(base: pathlib.Path, shape: dict[tuple[str, str], Contents], key: str) -> list[MadeSet]:
    return [
        make_set(base / "store", source, name.format(source), files, key) for (source, name), files in shape.items()
    ]


@given(shape=stores, plant=st.sampled_from(PLANTS), data=st.data())
def test_exactly_the_planted_class_is_told(
    keys: Keys, shape: dict[tuple[str, str], Contents], plant: t.Callable[..., str], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as base:
        made = build(pathlib.Path(base), shape, keys.own)
        victim = made[data.draw(st.integers(0, len(made) - 1))]
        expected = plant(victim, data.draw, keys)
        report = verify_store(f"{base}/store", Clock(), signers=keys.signers)
        assert {entry.name: entry.status for entry in report.sets} == {
            one.name: expected if one is victim else "ok" for one in made
        }
        assert {problem.kind for problem in report.problems} == {expected}


@given(shape=stores)
def test_copies_are_equal_and_a_second_copy_changes_nothing(keys: Keys, shape: dict[tuple[str, str], Contents]) -> None:
    with tempfile.TemporaryDirectory() as base:
        made = build(pathlib.Path(base), shape, keys.own)
        media = [Medium(name, "disk", str(mark(pathlib.Path(base) / name, name))) for name in ("one", "two")]
        transfer = Transfer(f"{base}/store", f"{base}/state", Clock(), keys.signers)
        for expected in ("verified", "unchanged"):
            for one in made:
                copies = transfer.copy(SetRef(one.source, one.name), media)
                assert [copy.receipt and copy.receipt.outcome for copy in copies] == [expected] * 2
        for medium in media:
            report = verify_store(medium.path, Clock(), signers=keys.signers)
            assert (report.counts["ok"], report.problems) == (len(made), ())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(
    changes=st.dictionaries(st.sampled_from(["schema", "name", "source", "files"]), json_values, min_size=1),
    garbage=st.binary(max_size=200),
)
def test_a_manifest_is_valid_or_refused_in_words(changes: dict[str, t.Any], garbage: bytes) -> None:
    name = "2026112024F1D-SIMPEG"
    document = {**make_document("SIMPEG", name, {f"{name}.x": b""}), **changes}
    for raw in (json.dumps(document).encode("ascii"), garbage):
        try:
            manifest = decode(raw, name, "the manifest")
        except ManifestError as problem:
            assert problem.code == "manifest.invalid"
            assert problem.what.isprintable()
        else:
            assert all("/" not in entry.file for entry in manifest.files)
