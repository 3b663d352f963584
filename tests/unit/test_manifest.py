# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a set: its bytes, what it must hold, and what is refused in it."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import typing as t

import pytest
from tests.support.sets import make_document, make_set

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import ManifestError
from ansible_collections.nusantara.backup.plugins.module_utils._base._io import Digest
from ansible_collections.nusantara.backup.plugins.module_utils._sets._manifest import (
    decode,
    digest_of,
    encode,
    is_sha256,
    load,
    manifest_path,
    parse_json,
)

NAME = "2026112024F1D-SIMPEG"
FILES = {f"{NAME}.pgdump.zst.age": b"x" * 100, f"{NAME}.globals.sql.zst.age": b"y" * 11}
Document = dict[str, t.Any]


def document(**changes: t.Any) -> Document:
    return {**make_document("SIMPEG", NAME, FILES), **changes}


def entry(**changes: t.Any) -> Document:
    """A manifest whose first artifact differs."""
    found = document()
    found["files"][0].update(changes)
    return found


def refusal(raw: bytes) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        decode(raw, NAME, "/store/m.json")
    assert caught.value.code == "manifest.invalid"
    assert caught.value.what.startswith("The manifest /store/m.json is not valid: ")
    return caught.value


def test_a_manifest_is_read_as_it_was_written() -> None:
    given = document()
    found = decode(encode(given), NAME, "m.json")
    assert (found.name, found.source, found.data) == (NAME, "SIMPEG", given)
    first = found.files[0]
    assert (first.file, first.kind, first.part, first.database) == (f"{NAME}.pgdump.zst.age", "pgdump", "", "")
    assert first.stored == Digest(100, hashlib.sha256(b"x" * 100).hexdigest())
    assert (found.stored_bytes, found.plain_bytes) == (111, 111)


def test_plain_and_stored_are_told_apart_and_a_part_has_its_database() -> None:
    plain = {"bytes": 5000, "sha256": "a" * 64}
    found = decode(encode(entry(plain=plain, part="keuangan", database="Keuangan")), NAME, "m.json")
    assert found.files[0].plain == Digest(5000, "a" * 64)
    assert (found.files[0].part, found.files[0].database) == ("keuangan", "Keuangan")
    assert (found.plain_bytes, found.stored_bytes) == (5011, 111)


def test_its_bytes_are_the_same_whatever_the_order_of_keys() -> None:
    raw = encode({"b": "é", "a": [1]})
    assert raw == encode({"a": [1], "b": "é"})
    assert raw == '{\n "a": [\n  1\n ],\n "b": "é"\n}\n'.encode()
    assert digest_of(raw) == hashlib.sha256(raw).hexdigest()
    with pytest.raises(ValueError, match="JSON compliant"):
        encode({"seconds": float("nan")})


INVALID: list[tuple[Document, str]] = [
    (document(schema="nusantara.backup/manifest/2"), "schema: must be nusantara.backup/manifest/1, not 'nusantara.b"),
    (document(schema=None), "schema: is required; schema: must be nusantara.backup/manifest/1, not None"),
    (document(name="2026112024F1D-Situs"), "name: is '2026112024F1D-Situs' and not that of the file"),
    (document(source=""), "source: must not be empty"),
    (document(files=[]), "files: must name at least one artifact"),
    (document(files=document()["files"][:1] * 2), "files: names an artifact twice"),
    (document(files={}), "files: must be a list, not a mapping"),
    (entry(kind=None), "files[0].kind: is required"),
    (entry(stored=None), "files[0].stored: must be a mapping, not nothing"),
    (entry(stored={"bytes": 1, "sha256": "A" * 64}), f"files[0].stored.sha256: '{'A' * 58}… is not a SHA-256 in hex"),
    (entry(plain={"bytes": 1, "sha256": "a" * 63}), f"files[0].plain.sha256: '{'a' * 58}… is not a SHA-256 in hex"),
    (entry(plain={"bytes": -1, "sha256": "a" * 64}), "files[0].plain.bytes: -1 must be a whole number from 0 to 4611"),
    (entry(plain={"bytes": (1 << 62) + 1, "sha256": "a" * 64}), "files[0].plain.bytes: 4611686018427387905 must be"),
    (entry(plain={"sha256": "a" * 64}), "files[0].plain.bytes: is required"),
]


@pytest.mark.parametrize(("given", "words"), INVALID, ids=[words[:50] for unused, words in INVALID])
def test_what_does_not_fit_is_told_with_its_place(given: Document, words: str) -> None:
    assert words in refusal(encode(given)).what


@pytest.mark.parametrize("size", [0, 1 << 62])
def test_the_sizes_that_a_file_may_have(size: int) -> None:
    given = entry(stored={"bytes": size, "sha256": "0123456789abcdef" * 4})
    assert decode(encode(given), NAME, "m.json").files[0].stored.bytes == size


@pytest.mark.parametrize(
    "file",
    [
        f"{NAME}.manifest.json",
        f"{NAME}.manifest.json.sig",
        f"{NAME}.manifest.json.zst",
        f"{NAME}",
        f"{NAME}-other.zst",
        f"x{NAME}.zst",
        f"{NAME}./../etc",
        f"{NAME}.a\n",
        f"{NAME}.é",
        NAME + "." + "x" * (255 - len(NAME)),
        "",
    ],
)
def test_an_artifact_lies_beside_its_manifest_and_is_called_like_it(file: str) -> None:
    assert "files[0].file: " in refusal(encode(entry(file=file))).what


def test_the_longest_name_that_a_file_system_takes_is_a_name() -> None:
    file = NAME + "." + "x" * (254 - len(NAME))
    assert decode(encode(entry(file=file)), NAME, "m.json").files[0].file == file


def test_only_the_first_five_problems_are_told() -> None:
    given = document(schema="x", name="y", source=None, files=[{"file": 1}] * 3)
    what = refusal(encode(given)).what
    assert what.count("; ") == 4
    assert "files[0].kind" in what and "files[1]" not in what


JSON: list[tuple[bytes, str]] = [
    (b"", "is not JSON (JSONDecodeError)"),
    (b"\xff{}", "is not JSON (UnicodeDecodeError)"),
    (b"[" * 100_000, "is not JSON (RecursionError)"),
    (b'{"seconds": NaN}', "is not JSON (ValueError)"),
    (b'{"seconds": -Infinity}', "is not JSON (ValueError)"),
    (b'{"bytes": 1' + b"0" * 40 + b"}", "is not JSON (ValueError)"),
    (b"[]", "must be a mapping, not a list"),
]


@pytest.mark.parametrize(("raw", "words"), JSON, ids=[words for unused, words in JSON])
def test_hostile_json_is_refused_in_words(raw: bytes, words: str) -> None:
    assert words in refusal(raw).what


def test_a_number_of_forty_digits_is_still_one() -> None:
    assert parse_json(b"9" * 40) == int("9" * 40)


def test_a_sha_256_is_64_hex_digits_in_lower_case() -> None:
    good = "0123456789abcdef" * 4
    assert is_sha256(good) == good
    for bad in (good[:-1], good + "0", good.upper(), good[:-1] + "g", good[:-1] + "X"):
        with pytest.raises(ValueError, match="is not a SHA-256 in hex"):
            is_sha256(bad)


def test_a_set_without_a_manifest_is_incomplete(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ManifestError) as caught:
        load(str(tmp_path), NAME)
    assert caught.value.code == "manifest.missing"
    assert caught.value.what == f"The set {tmp_path} has no manifest"
    assert "incomplete" in caught.value.remedy


@pytest.mark.parametrize("how", ["directory", "link", "too large"])
def test_a_manifest_that_cannot_be_read_is_not_called_invalid(tmp_path: pathlib.Path, how: str) -> None:
    made = make_set(tmp_path, "SIMPEG", NAME)
    if how == "too large":
        os.truncate(made.manifest, (64 << 20) + 1)
    else:
        made.manifest.rename(tmp_path / "elsewhere")
        made.manifest.mkdir() if how == "directory" else made.manifest.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ManifestError) as caught:
        load(str(made.directory), NAME)
    assert caught.value.code == "manifest.unreadable"
    assert caught.value.what.startswith(f"The manifest {made.manifest} cannot be read: ")


def test_a_loaded_manifest_comes_with_the_bytes_that_were_signed(tmp_path: pathlib.Path) -> None:
    made = make_set(tmp_path, "SIMPEG", NAME)
    found, raw = load(str(made.directory), NAME)
    assert raw == made.manifest.read_bytes()
    assert json.loads(raw) == found.data
    assert manifest_path(str(made.directory), NAME) == str(made.directory / f"{NAME}.manifest.json")
