# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: self-contained, accessible, inert whatever the hosts say, and complete (K5, K8, S6, S7)."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from tests.support import facts_factory as make
from tests.support import facts_site
from tests.support.pages import Page

from ansible_collections.nusantara.backup.plugins.plugin_utils import _phrases, _report, _report_html, _report_svg

TEMPLATES = [str(Path(__file__).parents[3] / "roles" / "backup_report" / "templates")]
HOSTILE = "<script>alert(1)</script>{{ 7*7 }}{% raw %}\"'&"


def model(hosts: list[t.Any] | None = None, **options: t.Any) -> dict[str, t.Any]:
    given = {
        "officers": facts_site.OFFICERS,
        "organisation": facts_site.ORGANISATION,
        "document": facts_site.DOCUMENT,
        **options,
    }
    return _report.build(facts_site.site() if hosts is None else hosts, _report.Options(**given))


def page(hosts: list[t.Any] | None = None, **options: t.Any) -> str:
    return _report_html.render(model(hosts, **options), TEMPLATES)


@pytest.fixture(scope="module", params=["id", "en"])
def whole(request: pytest.FixtureRequest) -> tuple[str, str, Page]:
    text = page(language=request.param)
    return request.param, text, Page(text)


def test_page_is_well_formed_with_unique_ids(whole: tuple[str, str, Page]) -> None:
    found = whole[2]
    assert found.problems == []
    assert len(found.ids) == len(set(found.ids))
    assert set(found.references) <= set(found.ids)


def test_page_loads_and_runs_nothing(whole: tuple[str, str, Page]) -> None:
    _language, text, found = whole
    assert found.loads == [] and found.handlers == []
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(found.tags)
    assert re.search(r"https?://|//[a-z]|url\(|@import", text) is None
    assert ("meta", "http-equiv", "Content-Security-Policy") in found.attributes
    assert any(
        "default-src 'none'" in value for tag, name, value in found.attributes if (tag, name) == ("meta", "content")
    )


def test_page_says_its_language_and_labels_tables_and_pictures(whole: tuple[str, str, Page]) -> None:
    language, text, found = whole
    assert ("html", "lang", language) in found.attributes
    assert found.tags.count("table") == 3
    assert found.tags.count("th") == sum((tag, name) == ("th", "scope") for tag, name, _value in found.attributes)
    pictures = [value for tag, name, value in found.attributes if (tag, name, value) == ("svg", "role", "img")]
    assert pictures and len(pictures) == found.tags.count("desc") == text.count("<title id=")


def test_status_is_told_by_word_and_shape(whole: tuple[str, str, Page]) -> None:
    words = {
        "id": [
            "gagal",
            "tidak berjalan",
            "tidak lengkap",
            "berhasil",
            "host tidak dapat dihubungi",
            "tidak dijadwalkan",
        ],
        "en": ["failed", "did not run", "incomplete", "succeeded", "host not reached", "not scheduled"],
    }
    assert all(word in whole[2].text for word in words[whole[0]])
    assert len(set(_report_svg.SHAPES.values())) == len(_report_svg.SHAPES)


def test_page_says_everything_that_the_procedures_ask_for() -> None:
    text = Page(page()).text
    for wanted in (
        "Dinas Komunikasi dan Informatika Kota Contoh", "Backup Jumat malam, 20 November 2026", "LHB/01/2026",
        "2026112024D1D-SIMPEG", "00:00\u201300:00 WIB", "gedung B", "tidak ada di gedung terpisah", "TANPA ENKRIPSI",
        "ukuran janggal", "terlambat", "kepegawaian_baru", "/var/backups/nusantara/SIMPEG/old.dump",
        "permission denied for table gaji", "Mutu baku", "Verifikasi laporan", "Sekar Anindya", "Kepala Bidang",
        make.digest("db1", "head"), make.digest("2026112024D1D-SIMPEG", "stored"), "Statistik (web1, bulanan)",
    ):  # fmt: skip
        assert wanted in text, wanted


def test_k5_cause_and_action_are_in_the_language_of_the_report_and_the_host_s_words_are_marked() -> None:
    error = {"code": "engine.damaged", "message": "It is damaged", "remedy": "Restore it", "detail": "row 7 missing"}
    text = page([make.host_with(make.failed("Absensi", error=error))])
    for words in ("error.engine.damaged", "remedy.engine.damaged"):
        assert text.count(_phrases.phrase(words, "id")) == 2, "once to follow up, once in the details"
    assert "Restore it" not in text
    assert text.count("It is damaged") == 2 == len(re.findall(r'lang="en">(?:<span class="said">)?It is damaged', text))
    assert "row 7 missing" in text


def test_a_failed_copy_says_its_own_cause_and_action() -> None:
    error = {"code": "medium.full", "message": "No space left", "remedy": "Free it"}
    copy = {"medium": "gedung-b", "outcome": "failed", "seconds": 1, "error": error}
    host = make.host_with(make.run("Situs", copies=[copy]), sources=[make.source("Situs", media=["gedung-b"])])
    host["sets"][0]["copies"] = []
    text = Page(page([host])).text
    assert "belum ada salinan di: gedung-b" in text
    assert _phrases.phrase("error.medium.full", "id") in text and "Free it" not in text
    assert _phrases.phrase("remedy.medium.full", "id") in text


def test_k6_k7_lines_to_sign_stay_blank_where_the_site_names_nobody() -> None:
    text = Page(page(officers=[])).text
    assert "Sekar" not in text
    assert text.index("Dibuat oleh") < text.index("Diverifikasi oleh") < text.index("Diterima oleh")


def test_the_same_facts_give_the_same_page() -> None:
    assert page() == page()


def test_hostile_words_are_inert_everywhere() -> None:
    run = make.failed(HOSTILE, error=dict.fromkeys(("code", "message", "remedy", "detail"), HOSTILE))
    finding = dict.fromkeys(("code", "level", "subject", "message", "remedy"), HOSTILE) | {"params": {HOSTILE: HOSTILE}}
    run |= {"findings": [finding], "run": HOSTILE}
    good = make.run("Baik", type=HOSTILE, frequency=HOSTILE, findings=[finding])
    source = make.source(HOSTILE, description=HOSTILE, target=HOSTILE, engine=HOSTILE, media=[HOSTILE])
    host = make.host_with(run, good, sources=[source, make.source("Baik")], host=HOSTILE, building=HOSTILE)
    host["unknown"] = [HOSTILE]
    host["unplanned"] = [dict.fromkeys(("engine", "server", "database"), HOSTILE)]
    host["media"] = [make.medium(HOSTILE, HOSTILE, kind=HOSTILE, reachable=False, problem=HOSTILE)]
    host["sets"][0] |= dict.fromkeys(("proof", "compression", "encryption", "sha256", "version"), HOSTILE)
    host["sets"][0]["inventory"] = {"exact": False, "why": HOSTILE, "totals": {HOSTILE: 3}}
    window = {"name": HOSTILE, "began": good["started"], "before": HOSTILE, "sources": [HOSTILE]}
    host["sets"][0]["group"] = window
    words = {**dict.fromkeys(("kind", "name", "outcome", "said", "by"), HOSTILE), "words": [HOSTILE]}
    host["hooks"] = [make.hook(good, "after", **words, error={"message": HOSTILE}), make.hook(good, HOSTILE)]
    host["journal"] = {"entries": 1, "head": HOSTILE, "intact": False, "problem": HOSTILE}
    gone = make.unreachable(HOSTILE + "2", make.source(HOSTILE), problem=HOSTILE)
    options = {"organisation": HOSTILE, "document": dict.fromkeys(("number", "revision", "effective"), HOSTILE)}
    text = page([host, gone], officers=[dict.fromkeys(("role", "name", "title", "number"), HOSTILE)], **options)
    found = Page(text)
    assert found.problems == [] and "script" not in found.tags and found.handlers == []
    assert len(found.ids) == len(set(found.ids))
    assert "<script" not in text
    assert "{{ 7*7 }}" in found.text and "49" not in found.text.split("{{ 7*7 }}")[0]


def test_a_single_successful_host_without_a_past_has_a_page_too() -> None:
    assert Page(page([make.host_with(make.run("SIMPEG"))])).problems == []


def test_a_host_without_anything_has_a_page_too() -> None:
    assert Page(page([make.facts()])).problems == []


def test_details_are_limited_so_that_a_large_site_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_report_html, "DETAILS", 2)
    text = page([make.host_with(*[make.run(f"Satu{number}") for number in range(5)])])
    assert text.count('<article class="detail">') == 2
    assert "3 baris lain" in text


def luminance(colour: str) -> float:
    """Relative luminance of a colour by WCAG 2."""
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name", ["ink", "soft", "deep", "good", "bad", "warn"])
@pytest.mark.parametrize("ground", ["#fff", "#f0f8f3", "#fdf3f3", "#fdf8ee", "#f3f5f6"])
def test_colours_of_text_have_contrast(name: str, ground: str) -> None:
    style = (Path(TEMPLATES[0]) / "style.css.j2").read_text(encoding="utf-8")
    colour = re.search(rf"--{name}:(#[0-9a-f]+)", style)
    assert colour is not None
    light, dark = sorted((luminance(colour[1]), luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
