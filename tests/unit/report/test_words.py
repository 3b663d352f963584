# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers, dates, phrases, the table and the short text."""

from __future__ import annotations

import csv
import io
import json
import typing as t

import pytest
from tests.support import facts_factory as make
from tests.support import facts_site

from ansible_collections.nusantara.backup.plugins.plugin_utils import (
    _format,
    _phrases,
    _plain,
    _render,
    _report,
    _report_csv,
    _report_html,
    _report_text,
    _report_words,
)

NONE = "\u2013"


def model(hosts: list[t.Any] | None = None, **options: t.Any) -> dict[str, t.Any]:
    return _report.build(facts_site.site() if hosts is None else hosts, _report.Options(**options))


@pytest.mark.parametrize(
    ("value", "digits", "indonesian", "english"),
    [(1234.5, 1, "1.234,5", "1,234.5"), (0, 0, "0", "0"), (1e6, 0, "1.000.000", "1,000,000"), (None, 0, NONE, NONE)],
)
def test_numbers(value: float | None, digits: int, indonesian: str, english: str) -> None:
    assert _format.number(value, "id", digits) == indonesian
    assert _format.number(value, "en", digits) == english


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1,0 kB"), (99_940, "99,9 kB"), (99_960, "100 kB"), (999_499, "999 kB"),
        (999_500, "1,0 MB"), (317_000_000, "317 MB"), (1_234_500_000, "1,2 GB"), (10**18, "1.000 PB"), (None, NONE),
    ],
)  # fmt: skip
def test_sizes(value: int | None, expected: str) -> None:
    assert _format.size(value, "id") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0 dtk"), (0.007, "<\u00a00,1 dtk"), (0.05, "0,1 dtk"),
        (0.44, "0,4 dtk"), (9.94, "9,9 dtk"), (9.96, "10 dtk"), (59.6, "1 mnt"), (247.1, "4 mnt 7 dtk"),
        (3600, "1 jam"), (3661, "1 jam 1 mnt"), (3601, "1 jam"), (86400, "1 hari"), (97200, "1 hari 3 jam"),
        (None, "–"),
    ],
)  # fmt: skip
def test_durations(value: float | None, expected: str) -> None:
    assert _format.duration(value, "id") == expected


@pytest.mark.parametrize(
    ("style", "indonesian", "english"),
    [
        ("long", "Sabtu, 21 November 2026", "Saturday, 21 November 2026"),
        ("medium", "21 November 2026", "21 November 2026"),
        ("short", "21 Nov 2026", "21 Nov 2026"),
        ("day", "21 Nov", "21 Nov"),
        # "malam Sabtu" would be the night that leads to Saturday, and not the one that follows it.
        ("night", "Sabtu malam, 21 November 2026", "Saturday, 21 November 2026"),
    ],
)
def test_dates(style: str, indonesian: str, english: str) -> None:
    assert _format.date("2026-11-21", "id", style) == indonesian
    assert _format.date("2026-11-21", "en", style) == english
    assert _format.date("not a date", "id", style) == NONE


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Jakarta", "00:00 WIB"), ("Asia/Makassar", "01:00 WITA"), ("Asia/Jayapura", "02:00 WIT"),
        ("Asia/Kathmandu", "22:45 UTC+5:45"), ("America/Sao_Paulo", "14:00 UTC-3"), ("Asia/Nowhere", "17:00 UTC"),
    ],
)  # fmt: skip
def test_u1_local_time_names_its_zone(zone: str, expected: str) -> None:
    assert _format.clock("2026-11-20T17:00:03Z", zone) == expected


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        ("2026-11-20T17:04:10Z", "00:00\u201300:04 WIB"),
        ("2026-11-21T17:30:00Z", "21 Nov 2026 00:00 WIB \u2013 22 Nov 2026 00:30 WIB"),
        ("", "00:00 WIB \u2013"),
    ],
)
def test_period(ended: str, expected: str) -> None:
    assert _format.period("2026-11-20T17:00:03Z", ended, "Asia/Jakarta", "id") == expected


def test_period_over_a_change_of_clocks_names_both_zones() -> None:
    found = _format.period("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "Europe/Berlin", "en")
    assert found == "02:30 CEST\u201302:30 CET"


def test_catalogues_have_the_same_keys_and_placeholders() -> None:
    first, *others = _phrases.CATALOGUES.values()
    for other in others:
        assert set(first) == set(other)
        assert [key for key in first if _phrases.fields(first[key]) != _phrases.fields(other[key])] == []
    assert all(text.strip() for catalogue in _phrases.CATALOGUES.values() for text in catalogue.values())


def test_every_status_level_and_verdict_has_words_and_a_symbol() -> None:
    for language in _phrases.LANGUAGES:
        for status in _report.STATUSES:
            assert _phrases.has(f"status.{status}", language)
            assert status in _report_words.SYMBOLS and status in _report_html._report_svg.SHAPES
            if status not in ("success", "not_due"):
                assert _phrases.has(f"verdict.part.{status}", language)
        for verdict in _report_words.VERDICT_SYMBOLS:
            assert _phrases.has(f"verdict.{verdict}", language)
        for step in _report.STEPS:
            assert _phrases.has(f"step.{step}", language)


def test_a_phrase_fills_values_and_never_reads_them() -> None:
    assert _phrases.phrase("unit.hour", "id", n="{n.__class__}") == "{n.__class__} jam"


@pytest.mark.parametrize(
    ("key", "language", "word"), [("no.such", "id", "no.such"), ("yes", "fr", "'fr'"), ("unit.hour", "id", "needs n")]
)
def test_what_a_phrase_cannot_be_is_said(key: str, language: str, word: str) -> None:
    with pytest.raises(_phrases.PhraseError, match=word):
        _phrases.phrase(key, language)


def test_a_code_that_the_controller_does_not_know_falls_back_on_the_one_above() -> None:
    assert _phrases.nearest("error.medium.new.kind", "id") == _phrases.phrase("error.medium", "id")
    assert _report_words.error_title("unheard.of", "id") == _phrases.phrase("error.error", "id")


def told(code: str, language: str = "id", **more: t.Any) -> dict[str, str]:
    item = {"code": code, "level": "warning", "message": "Seen", "remedy": "Do", "params": {}, "subject": "simpeg"}
    return _report_words.finding({**item, **more}, language)


def test_a_general_phrase_is_followed_by_the_words_of_the_host_and_a_full_one_is_not() -> None:
    general = told("medium.missing")
    assert (general["title"], general["said"]) == (_phrases.phrase("error.medium.missing", "id"), "Seen")
    params = {"share": "5", "got": "1200000", "usual": "24000000", "unit": "bytes"}
    full = told("plausible.smaller", params=params)
    assert "5 %" in full["title"] and "1,2 MB" in full["title"] and "24,0 MB" in full["title"]
    assert full["said"] == ""
    assert "1.2 MB" in told("plausible.smaller", "en", params=params)["title"]


def test_what_forbids_a_backup_keeps_the_technical_words_of_the_host() -> None:
    params = {"medium": "nas", "path": "/mnt/nas"}
    assert "nas" in told("medium.missing", params=params)["title"]
    assert told("medium.missing", params=params)["said"] == ""
    assert told("medium.missing", params=params, level="error")["said"] == "Seen"
    assert told("sqlite.said", params={"path": "/srv/a.db", "text": "Seen"})["said"] == "Seen"


@pytest.mark.parametrize("language", _phrases.LANGUAGES)
def test_p12_3_the_action_is_in_the_language_of_the_report(language: str) -> None:
    failed = told("report.failed", language, level="error", params={"error": "engine.damaged"})
    assert failed["remedy"] == _phrases.phrase("remedy.engine.damaged", language) != "Do"
    assert failed["cause"] == _phrases.phrase("error.engine.damaged", language)
    assert (failed["said"], failed["foreign"]) == ("Seen", "")


def test_the_remedy_of_the_host_stands_only_for_a_code_that_is_new_here() -> None:
    assert _report_words.remedy("engine.new", "Do", "id") == ("Do", True)
    assert _report_words.remedy("engine.new", "", "id") == (_phrases.phrase("remedy.engine", "id"), False)
    assert _report_words.remedy("", "", "id", "report.failed") == (_phrases.phrase("remedy.report.failed", "id"), False)
    new = told("report.failed", level="error", params={"error": "engine.new"})
    assert (new["remedy"], new["foreign"]) == ("Do", "yes")


@pytest.mark.parametrize("language", _phrases.LANGUAGES)
def test_every_finding_can_be_said_without_and_with_its_values(language: str) -> None:
    known = _phrases.catalogue(language)
    for key in known:
        head, _dot, code = key.partition(".")
        if head != "finding" or code.startswith("report."):
            continue
        values = dict.fromkeys(_phrases.fields(known[key]) - {"subject"}, "7")
        assert told(code, language, params=values)["title"] not in ("", "Seen"), code
        assert told(code, language)["title"] not in ("", "Seen"), code


def test_a_value_that_is_no_number_stands_as_it_is() -> None:
    params = {"share": "5", "got": "{x}", "usual": "\u0663", "unit": "bytes"}
    title = told("plausible.smaller", params=params)["title"]
    assert "{x}" in title and "\u0663" in title


def test_content_is_told_in_words_the_most_first_and_what_is_absent_is_not() -> None:
    totals = {"table": 3, "rows": 8405, "trigger": 0, "bytes": 1500, "widget": 1}
    assert _report_words.content(totals, "id") == "8.405 baris, 3 tabel, 1 widget (1,5 kB)"
    assert _report_words.content({"table": 1, "rows": 2, "index": 1}, "en") == "2 rows, 1 index, 1 table"
    assert _report_words.content({"bytes": 10}, "en") == "10 B"
    assert _report_words.content({"bytes": 0, "table": 0}, "en") == _report_words.content({}, "en") == ""


# What the totals of the three engines can name.
KINDS = {
    "sqlite": "table view index trigger virtual_table rows",
    "postgresql": (
        "table partitioned_table foreign_table view materialized_view sequence index procedure aggregate function "
        "trigger policy extension type schema large_object rows"
    ),
    "files": "file directory symlink hardlink other",
}


@pytest.mark.parametrize("engine", sorted(KINDS))
def test_every_kind_of_an_engine_has_words(engine: str) -> None:
    for kind in KINDS[engine].split():
        for language in _phrases.LANGUAGES:
            one, _bar, many = _phrases.phrase(f"content.{kind}", language).partition("|")
            assert one and bool(many) == (language == "en"), kind
            assert "|" not in _report_words.content({kind: 1}, language)


def test_a_finding_without_a_phrase_keeps_the_words_of_the_host() -> None:
    assert told("unheard.of") == {"title": "Seen", "cause": "", "said": "", "remedy": "Do", "foreign": "yes"}
    assert told("medium.new", message="")["title"] == "medium.new"
    assert told("medium.new", level="error")["title"] == _phrases.phrase("error.medium", "id")


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("hosts", [1, 4, 300])
def test_the_short_text_fits_one_screen(language: str, hosts: int) -> None:
    many = [make.host_with(make.failed("SIMPEG"), make.run("Situs"), host=f"db{number}") for number in range(hosts)]
    files = [f"/var/lib/laporan/{'jauh/' * 30}laporan-2026-11-20.html"]
    for sites in (facts_site.site(), many, [make.facts()]):
        lines = _report_text.render(model(sites, language=language), files).splitlines()
        assert sum(1 + len(line) // 81 for line in lines) <= 24
        assert max(map(len, lines[:-1])) <= 80
        assert lines[-1] == files[0]


def test_the_short_text_of_a_large_site_leaves_successes_out() -> None:
    few = [make.host_with(make.failed("SIMPEG"), make.run("Situs"), host=f"db{number}") for number in range(3)]
    many = [*few, *(make.host_with(make.run("Situs"), host=f"web{number}") for number in range(30))]
    assert _report_text.render(model(few)).count("\n✓ Situs") == 3
    text = _report_text.render(model(many))
    assert "\n✓ Situs" not in text and text.count("\n✗ SIMPEG") == 3


@pytest.mark.parametrize(("language", "words"), [("id", "1 TIDAK dienkripsi"), ("en", "1 NOT encrypted")])
def test_p15_the_short_text_shows_what_is_not_encrypted_however_much_else_there_is(language: str, words: str) -> None:
    clear = make.host_with(make.run("Terbuka"), host="web1")
    clear["sets"][0]["encryption"] = "none"
    others = [make.host_with(make.failed(f"S{number}"), host=f"db{number}") for number in range(40)]
    text = _report_text.render(model([*others, clear], language=language))
    assert "Terbuka" not in text, "the line of the source is among those that are left out"
    assert words in text
    assert words[2:] not in _report_text.render(model(others, language=language))


def test_a_host_that_is_away_does_not_cost_others_their_reason() -> None:
    source = make.source("Situs")
    sites = [make.host_with(make.failed("SIMPEG"), host="db1"), make.unreachable("db9", source)]
    lines = _report_text.render(model(sites)).splitlines()
    (failed,) = (line for line in lines if line.startswith("✗ SIMPEG"))
    alone = _report_text.render(model([sites[0]])).splitlines()
    reason = next(line for line in alone if line.startswith("✗ SIMPEG")).partition("gagal")[2].strip()
    assert failed.partition("gagal")[2].strip()[:30] == reason[:30], failed
    assert any("host tidak dapat dihubungi" in line for line in lines if line.startswith("? Situs")), lines


def test_the_short_text_names_failures_first() -> None:
    lines = _report_text.render(model()).splitlines()
    told = [line for line in lines if line[:2] in ("✗ ", "∅ ", "◐ ", "? ", "✓ ") and "(" in line[:30]]
    assert [line.split()[1] for line in told[:2]] == ["Presensi", "Perizinan"]
    assert told[0].startswith("✗ Presensi (db1)") and "gagal" in told[0]


def test_the_short_text_has_no_terminal_controls() -> None:
    evil = "\x1b[31mred\x1b]0;title\x07\u202etxt\x9b2J\r\nnext"
    run = make.failed(evil, error={"code": "engine", "message": evil, "remedy": evil, "detail": evil})
    text = _report_text.render(model([make.host_with(run, host=evil, unknown=[evil])], organisation=evil))
    assert all(char.isprintable() or char == "\n" for char in text)


def test_the_table_has_stable_columns_and_raw_values() -> None:
    lines = list(csv.DictReader(io.StringIO(_render.render(model(), "csv"))))
    assert tuple(lines[0]) == _report_csv.COLUMNS
    simpeg = next(line for line in lines if line["source"] == "SIMPEG")
    assert (simpeg["status"], simpeg["name"], simpeg["elsewhere"]) == ("success", "2026112024D1D-SIMPEG", "yes")
    assert int(simpeg["stored_bytes"]) > 0 and len(simpeg["sha256"]) == 64
    assert len(lines) == len(model()["rows"])


@pytest.mark.parametrize("value", ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "|x", "%x"])
def test_a_cell_is_never_a_formula(value: str) -> None:
    text = _render.render(model([make.host_with(make.run(value), host=value)]), "csv")
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r|%" and cell]


def test_the_data_is_the_model() -> None:
    assert json.loads(_render.render(model(), "json")) == model()


@pytest.mark.parametrize(
    ("given", "form", "word"),
    [({}, "txt", "schema"), ({"kind": "backup-report", "schema": 9}, "csv", "schema"), (None, "pdf", "pdf")],
)
def test_what_cannot_be_rendered_is_said(given: t.Any, form: str, word: str) -> None:
    with pytest.raises(_render.RenderError, match=word):
        _render.render(model() if given is None else given, form)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[2Jb", "ab"), ("a\x1b]8;;x\x1b\\b", "ab"), ("a\x1b", "a"), ("\u202ea", "a"), ("a\ud800", "a\ufffd"),
        ("a\nb", "a\nb"),
    ],
)  # fmt: skip
def test_text_is_cleaned_at_the_border(text: str, expected: str) -> None:
    assert _plain.clean(text) == expected


@pytest.mark.parametrize(
    "value", [None, "", "x", "2026-13-01T00:00:00Z", 3, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_what_is_no_moment_is_none(value: t.Any) -> None:
    assert _plain.moment(value) is None
