# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels of media (P12.5, P13.4) and parts of a set."""

from __future__ import annotations

import re

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import NamingError
from ansible_collections.nusantara.backup.plugins.module_utils._naming import label, parse, part_label

LABELS = [
    ("2017040124F3W-All", "compact", 40, False, "2017040124F3W-All", True),
    ("2017040124F3W-All", "dashed", 40, False, "20170401-24-F-3-W-All", True),
    ("2017040124F2W-All", "compact", 32, True, "2017040124F2W_ALL", True),
    ("2017040124F2W-AB", "compact", 16, False, "2017040124F2W-AB", True),
    ("2017040124F2W-All", "compact", 16, False, r"2017040124F[0-9A-Z]{5}", False),
    ("2017040124F2W-All", "compact", 16, True, r"2017040124F[0-9A-Z]{5}", False),
    ("2017040124F2W-a-b", "compact", 32, True, r"2017040124F2W__A_B_[0-9A-Z]{8}", False),
    ("2017040124F2W-All.r2", "compact", 32, True, r"2017040124F2W__ALL_[0-9A-Z]{8}", False),
    ("2017040124F2W-All.r2", "compact", 32, False, "2017040124F2W-All.r2", True),
    ("2017040124F2AW-" + "Kepegawaian-" * 3 + "x", "compact", 32, True, r"2017040124F2AW__KEPEGAW_[0-9A-Z]{8}", False),
    ("2017040124F2W-w_x", "compact", 32, True, "2017040124F2W_W_X", True),
    ("2017040124F2W-x", "dashed", 32, True, "20170401_24_F_2_W_X", True),
    ("2017040124F2M-w_x", "dashed", 32, True, r"20170401_24_F_2_M__W_X_[0-9A-Z]{8}", False),
    ("2017040124F2M-x-y", "dashed", 32, True, r"20170401_24_F_2_M__X_Y_[0-9A-Z]{8}", False),
    (
        "2017040124F3W-" + "Kepegawaian-" * 3 + "x",
        "compact",
        40,
        False,
        r"2017040124F3W--Kepegawaian-Kepe-[0-9A-Z]{8}",
        False,
    ),
    (
        "2017040124F3W-" + "Kepegawaian-" * 3 + "x",
        "dashed",
        28,
        False,
        r"20170401-24-F-3-W--[0-9A-Z]{8}",
        False,
    ),
]


@pytest.mark.parametrize(("name", "style", "limit", "iso", "pattern", "full"), LABELS)
def test_p12_5_labels(name: str, style: str, limit: int, iso: bool, pattern: str, full: bool) -> None:
    found = label(parse(name), style, limit, iso=iso)
    assert re.fullmatch(pattern.replace(".r2", r"\.r2"), found.text)
    assert found.full is full
    assert str(found) == found.text and len(found.text) <= limit


def test_p12_5_a_label_has_40_characters_unless_told_otherwise() -> None:
    assert label(parse("2017040124F3W-" + "a" * 26)).text == "2017040124F3W-" + "a" * 26
    assert len(label(parse("2017040124F3W-" + "a" * 27)).text) == 40


def test_the_mark_of_a_source_is_the_same_every_night() -> None:
    data = "Sistem-Informasi-Manajemen-Kepegawaian"
    first, second = (label(parse(f"{night}24F3W-{data}")).text for night in ("20170401", "20170408"))
    assert first[-8:] == second[-8:] and first != second
    assert len({label(parse(name)) for name in (f"2017040124F3W-{data}", f"20170401-24-F-3-W-{data}")}) == 1


def test_labels_are_promised_to_stay_as_they_are() -> None:
    """A label is written on paper: the rule may not change under it."""
    fields = parse("2017040124F2W-Sistem-Informasi-Manajemen-Kepegawaian")
    assert label(fields).text == "2017040124F2W--Sistem-Informasi-M7223ZBJ"
    assert label(fields, limit=32, iso=True).text == "2017040124F2W__SISTEM_I_M7223ZBJ"
    assert label(fields, limit=16).text == "2017040124F71Q5Q"


@pytest.mark.parametrize("limit", [15, 0, -1, 256, True, "32", None])
def test_a_label_too_short_to_tell_anything_is_refused(limit: int) -> None:
    with pytest.raises(NamingError, match="'limit'.*16 to 255"):
        label(parse("2017040124F2W-All"), "compact", limit)


@pytest.mark.parametrize("name", ["simpeg", "a", "_", "my-db_2", "0", "a" * 60, "r", "rx2", "x-1234567", "12345678"])
def test_a_plain_database_name_is_its_own_part(name: str) -> None:
    assert part_label(name) == name


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Simpeg", "simpeg"),
        ("SIMPEG", "simpeg"),
        ("data base", "data_base"),
        ("../../etc/passwd", "etc_passwd"),
        ("-rf", "rf"),
        ("a;drop", "a_drop"),
        ("a\nb", "a_b"),
        ("a.b", "a_b"),
        ("\u6570\u636e", "x"),
        ("\ud800", "x"),
        ("'", "x"),
        ("a" * 61, "a" * 51),
        ("globals", "globals"),
        ("Globals", "globals"),
        ("manifest", "manifest"),
        ("part", "part"),
        ("r2", "r2"),
        ("x-0123abcd", "x-0123abcd"),
    ],
)
def test_hostile_and_reserved_database_names_become_a_marked_part(name: str, slug: str) -> None:
    assert re.fullmatch(re.escape(slug) + "-[0-9a-f]{8}", part_label(name))


@pytest.mark.parametrize("name", ["", None, b"db", 1])
def test_what_is_no_name_has_no_part(name: object) -> None:
    with pytest.raises(NamingError, match="'part'"):
        part_label(name)
