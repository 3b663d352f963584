# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests, receipts and signatures, and whole stores of them."""

from __future__ import annotations

import pathlib
import typing as t

from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._json import parse_json
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Medium
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._copies._transfer import SetRef, Transfer
from ansible_collections.nusantara.backup.plugins.module_utils._media._disk_check import check_disk, marker_name
from ansible_collections.nusantara.backup.plugins.module_utils._sets import _catalogue, _manifest, _verified
from ansible_collections.nusantara.backup.plugins.module_utils._sets._receipts import Receipts
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signers import opened
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify import Selection, verify_store

from ..strategies.papers import MANIFESTS, MARKERS, NAME, RECEIPTS, SIGNATURES, SOURCE, VERIFIED
from ..strategies.store import build, fingerprint, stores
from ..strategies.text import ODD_JSON, TEXT, mostly
from ..target import Place, Target

CLOCK = Clock()
_SIGNERS = 'db1 namespaces="nusantara-backup-manifest" ssh-ed25519 ' + "A" * 68 + "\n"


def _json(_place: Place, raw: bytes) -> None:
    try:
        _manifest.encode({"value": parse_json(raw)})
    except ValueError as problem:
        assert not isinstance(problem, UnicodeError)
        assert str(problem).isprintable() and len(str(problem)) < 200


def _decode(_place: Place, raw: bytes) -> None:
    manifest = _manifest.decode(raw, NAME, f"/store/{SOURCE}/{NAME}/{NAME}.manifest.json")
    for entry in manifest.files:
        assert "/" not in entry.file and entry.file.startswith(NAME + ".")
    _manifest.encode(manifest.data)


def _verify(place: Place, value: tuple[t.Any, bytes | None, bool]) -> t.Any:
    entries, receipt, newest = value
    with place.fresh() as root:
        store = root / "store"
        store.mkdir()
        build(store, entries)
        before = fingerprint(store)
        _receipt(root / "state", receipt)
        receipts = Receipts(str(root / "state"))
        report = verify_store(str(store), CLOCK, Selection(newest=newest), None, receipts, "internal")
        assert fingerprint(store) == before, "who verifies changes nothing"
        for problem in report.problems:
            problem.finding()
        return report.as_dict()


def _receipt(state: pathlib.Path, raw: bytes | None) -> None:
    (state / "receipts" / "internal").mkdir(parents=True)
    if raw is not None:
        (state / "receipts" / "internal" / f"{NAME}.json").write_bytes(raw)


def _catalogued(place: Place, value: tuple[t.Any, bytes | None]) -> t.Any:
    entries, receipt = value
    with place.fresh() as root:
        (root / "store").mkdir()
        build(root / "store", entries)
        _receipt(root / "state", receipt)
        found = _catalogue.catalogue(str(root / "store"), str(root / "state"))
        return {"sets": found, "unknown": _catalogue.unknown_paths(str(root / "store"))}


def _signed(place: Place, value: tuple[bytes, bytes, str]) -> None:
    raw, signature, host = value
    manifest = _manifest.decode(raw, NAME, "a path")
    with place.fresh() as root:
        (root / "signers").write_text(_SIGNERS, encoding="ascii")
        (root / f"{NAME}.manifest.json.sig").write_bytes(signature)
        with Children() as children, opened(str(root / "signers"), "", host, children) as signers:
            assert signers is not None
            signers.demand(manifest, raw, str(root))
    raise AssertionError("nobody made this signature")


def _receipts(place: Place, raw: bytes) -> None:
    with place.fresh() as root:
        _receipt(root, raw)
        receipts = Receipts(str(root))
        assert receipts.names("internal") == {NAME}
        for receipt in receipts.newest(NAME):
            _manifest.encode(receipt.as_dict())


def _looks(place: Place, raw: bytes) -> t.Any:
    with place.fresh() as root:
        (root / "verified.json").write_bytes(raw)
        before = _verified.last_verified(str(root))
        report = verify_store(str(root / "."), CLOCK, Selection(sources=("SIMPEG",)))
        _verified.keep(report, str(root))
        return [before, _verified.last_verified(str(root))]


def _marked(place: Place, value: tuple[bytes, str]) -> t.Any:
    raw, name = value
    with place.fresh() as root:
        (root / ".nusantara-backup-medium").write_bytes(raw)
        try:
            marker_name(str(root))
        except (ValueError, OSError) as problem:
            assert str(problem)
        return [found.as_dict() for found in check_disk(Medium(name, "disk", str(root)), "")]


def _transfer(place: Place, value: tuple[t.Any, bytes | None]) -> t.Any:
    entries, receipt = value
    with place.fresh() as root:
        store, medium = root / "store", root / "medium"
        store.mkdir()
        medium.mkdir()
        (medium / ".nusantara-backup-medium").write_text('{"name": "internal"}', encoding="ascii")
        build(store, entries)
        before = fingerprint(store)
        _receipt(root / "state", receipt)
        transfer = Transfer(str(store), str(root / "state"), CLOCK, patience=5)
        copies = transfer.copy(SetRef(SOURCE, NAME), [Medium("internal", "disk", str(medium), "A")])
        assert fingerprint(store) == before, "who copies leaves the original alone"
        for copy in copies:
            if copy.error is not None:
                raise copy.error
        return [copy.as_event() for copy in copies]


_KNOWN = mostly(st.none(), RECEIPTS, 2)
TARGETS = (
    Target(
        "json.parse",
        st.one_of(ODD_JSON, MANIFESTS, st.text('\\uDd8C0"{}[],:1e', max_size=30).map(str.encode)),
        _json,
        25,
    ),
    Target("manifest.decode", MANIFESTS, _decode, 60),
    Target("receipts.read", RECEIPTS, _receipts, 15),
    Target("verified.read", VERIFIED, _looks, 8),
    Target("medium.marker", st.tuples(MARKERS, st.one_of(st.just("internal"), TEXT)), _marked, 10),
    Target("store.verify", st.tuples(stores(), _KNOWN, st.booleans()), _verify, 15),
    Target("store.catalogue", st.tuples(stores(), _KNOWN), _catalogued, 15),
    Target("store.transfer", st.tuples(stores(), _KNOWN), _transfer, 5),
    Target(
        "signature.check",
        st.tuples(MANIFESTS, SIGNATURES, st.sampled_from(["", "db1"])),
        _signed,
        3,
        ("ssh-keygen",),
    ),
)
