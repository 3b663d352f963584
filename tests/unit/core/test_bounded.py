# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of very many objects or findings is still a set, and its papers are read again."""

from __future__ import annotations

import dataclasses
import json

from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import WARNING, Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._json import parse_json
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Inventory, InventoryObject
from ansible_collections.nusantara.backup.plugins.module_utils._run._bounded import (
    MOST_FINDINGS,
    kept_findings,
    kept_inventory,
)
from ansible_collections.nusantara.backup.plugins.module_utils._sets._manifest import SIZE_LIMIT, encode


def inventory(count: int, name: str, why: str = "") -> Inventory:
    objects = tuple(
        InventoryObject("table", f"{name}{number}", "simpeg", 1_000_000_000, "0" * 64) for number in range(count)
    )
    return Inventory(True, {"table": count, "rows": 7}, objects, why)


def test_a_list_that_a_manifest_holds_is_kept() -> None:
    given = inventory(20_000, "public.pegawai_")
    assert kept_inventory(given) is given


def test_a_list_that_is_too_long_leaves_its_totals_and_says_so() -> None:
    found = kept_inventory(inventory(100_000, "public.pegawai_dengan_nama_yang_panjang_", "counted later"))
    assert found.objects == () and found.exact and found.totals == {"table": 100_000, "rows": 7}
    assert found.why.startswith("counted later; the list of 100000 objects is longer")


def test_what_is_kept_fits_into_a_manifest_that_is_read_again() -> None:
    """With the longest lists that are just kept, of the shortest names, of long ones, and of the worst letters."""
    for name, count in (("a", 70_000), ("x" * 4000, 3_000), ("\x01" * 200, 9_000), ("[,{:" * 60, 29_000)):
        kept = kept_inventory(inventory(count, name))
        assert kept.objects, name[:4]
        raw = encode({"inventory": dataclasses.asdict(kept)})
        assert len(raw) < SIZE_LIMIT - (1 << 20)
        if name[0] != "[":
            assert parse_json(raw) == json.loads(raw)


def test_many_findings_are_told_as_a_number() -> None:
    finding = Finding("sqlite.unreadable_object", WARNING, "SIMPEG", "x")
    assert kept_findings("SIMPEG", [finding] * MOST_FINDINGS) == (finding,) * MOST_FINDINGS
    found = kept_findings("SIMPEG", [finding] * (MOST_FINDINGS + 12))
    assert len(found) == MOST_FINDINGS + 1
    assert (found[-1].code, found[-1].params) == ("findings.more", {"count": "12"})
