# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests, signatures, receipts and the records beside them."""

from __future__ import annotations

import json
import typing as t

from hypothesis import strategies as st
from tests.support.sets import make_document

from .text import ANY_TEXT, JUNK, ODD_JSON, TEXT, mostly, spoiled, torn

SOURCE = "SIMPEG"
NAMES = ("2026112024F1D-SIMPEG", "2026111924F1D-SIMPEG.r2", "20261120-24-F-1-D-SIMPEG")
NAME = NAMES[0]
ENDINGS = ("sqlite.zst.age", "pgdump.zst", "globals.sql.zst.age", "tar", "manifest.json", "")


def document(name: str, tails: t.Sequence[str], **changes: t.Any) -> dict[str, t.Any]:
    files = {f"{name}.{tail}": tail.encode() for tail in dict.fromkeys(tails)}
    return make_document(SOURCE, name, files, **changes)


_OBJECTS = st.lists(
    st.fixed_dictionaries({"kind": st.just("table"), "name": TEXT, "rows": st.one_of(st.none(), st.integers(0, 9))}),
    max_size=5,
)
DOCUMENTS = st.builds(
    lambda tails, objects, words, why: document(
        NAME,
        tails,
        inventory={"exact": True, "totals": {"rows": 3}, "objects": objects, "why": why},
        description=words,
        warnings=[{"code": "files.changed", "level": "warning", "message": words, "params": {"path": words}}],
    ),
    st.lists(st.sampled_from(ENDINGS[:4]), min_size=1, max_size=3),
    _OBJECTS,
    ANY_TEXT,
    ANY_TEXT,
)


def encoded(value: t.Any) -> bytes:
    """As an enemy writes it: with escapes for what UTF-8 does not have, and with what is no JSON."""
    return json.dumps(value, indent=1).encode()


MANIFESTS = st.one_of(
    spoiled(DOCUMENTS).map(encoded),
    spoiled(DOCUMENTS).map(encoded),
    torn(DOCUMENTS.map(encoded)),
    ODD_JSON,
    st.binary(max_size=200),
)
WORDS = mostly(st.sampled_from(["A", "/mnt/b", "B"]), TEXT, 9)
_RECEIPT = st.fixed_dictionaries(
    {
        "schema": st.just("nusantara.backup/receipt/1"),
        "name": st.sampled_from(NAMES),
        "source": st.just(SOURCE),
        "medium": st.just("internal"),
        "kind": st.just("disk"),
        "building": WORDS,
        "path": WORDS,
        "at": st.just("2026-11-20T18:00:00Z"),
        "seconds": mostly(st.floats(0, 1e6), JUNK),
        "files": st.lists(
            st.fixed_dictionaries({"file": WORDS, "bytes": st.integers(0, 99), "sha256": st.just("0" * 64)}), max_size=3
        ),
        "manifest_sha256": st.just("f" * 64),
        "outcome": st.sampled_from(["verified", "unchanged"]),
        "dropped": st.booleans(),
    }
)
RECEIPTS = st.one_of(
    *[spoiled(_RECEIPT, most).map(encoded) for most in range(3)], torn(_RECEIPT.map(encoded)), ODD_JSON
)
_VERIFIED = st.fixed_dictionaries(
    {
        "places": st.lists(
            st.fixed_dictionaries(
                {
                    "at": st.just("2026-11-20T18:00:00Z"),
                    "sets": st.integers(0, 9),
                    "problems": st.integers(0, 9),
                    "path": WORDS,
                }
            ),
            max_size=3,
        )
    }
)
VERIFIED = st.one_of(spoiled(_VERIFIED).map(encoded), torn(_VERIFIED.map(encoded)), ODD_JSON)
_MARKER = st.fixed_dictionaries({"name": st.one_of(st.just("internal"), TEXT)})
MARKERS = st.one_of(spoiled(_MARKER).map(encoded), torn(_MARKER.map(encoded)), ODD_JSON)
SIGNATURE = (
    b"-----BEGIN SSH SIGNATURE-----\n"
    b"U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgJKxoLBJBivUPNTUJUSslQTt2hD\n"
    b"-----END SSH SIGNATURE-----\n"
)
SIGNATURES = st.one_of(torn(st.just(SIGNATURE)), st.binary(max_size=300), st.just(SIGNATURE * 2000))
