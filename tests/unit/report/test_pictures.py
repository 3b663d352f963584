# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures: what is drawn where, and that shape and place carry the meaning (K8, P12.1)."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.plugin_utils import _report_svg


def cell(status: str = "success", **over: t.Any) -> dict[str, t.Any]:
    found = {
        "night": "2026-11-20",
        "status": status,
        "type": "F",
        "stored_bytes": 100,
        "seconds": 60.0,
        "plausible": True,
    }
    return {**found, **over}


def heights(svg: str, kind: str) -> list[float]:
    return [float(found) for found in re.findall(rf'class="{kind}"[^>]*height="([0-9.]+)"', svg)]


def test_calendar_has_one_shape_for_each_night_in_its_place() -> None:
    svg = _report_svg.calendar([cell(), cell("failed"), cell(), cell("missed")], "c", "t", "d")
    assert 'viewBox="0 0 80 20"' in svg
    for status, places in (("success", [10, 50]), ("failed", [30]), ("missed", [70])):
        path = re.search(rf'class="s-{status}"[^>]* d="([^"]+)"', svg)
        assert path is not None
        assert [int(x) for x in re.findall(r"M(\d+) 10", path[1])] == places


def test_growth_draws_in_proportion_and_marks_what_is_not_full_or_not_plausible() -> None:
    cells = [cell(stored_bytes=200), cell(stored_bytes=100, type="D"), cell(stored_bytes=50, plausible=False)]
    svg = _report_svg.growth([*cells, cell(stored_bytes=None)], "g", "t", "d")
    (full,), (part,), (odd,) = (heights(svg, kind) for kind in ("b-full", "b-part", "b-odd"))
    assert full == pytest.approx(2 * part, abs=0.1) and part == pytest.approx(2 * odd, abs=0.1)
    assert svg.count("<rect") == 3


def test_a_tiny_backup_beside_a_large_one_is_still_seen() -> None:
    assert (
        heights(_report_svg.growth([cell(stored_bytes=10**12), cell(stored_bytes=1)], "g", "t", "d"), "b-full")[1] == 2
    )


@pytest.mark.parametrize(("last", "mark"), [(3599.0, "dot-last"), (3601.0, "dot-over")])
def test_k8_the_last_night_is_marked_when_it_is_over_the_standard(last: float, mark: str) -> None:
    cells = [cell(seconds=30.0), cell(seconds=last)]
    end = _report_svg.duration_scale([30.0, last], 3600)
    svg = _report_svg.durations(cells, end, 3600, "u", "t", "d")
    assert f'class="{mark}"' in svg and svg.count('class="dot-old"') == 1 and 'class="limit"' in svg


def test_without_a_standard_there_is_no_line_and_nothing_is_over_it() -> None:
    svg = _report_svg.durations([cell(seconds=1e6)], _report_svg.duration_scale([1e6], None), None, "u", "t", "d")
    assert "limit" not in svg and "dot-last" in svg


def test_places_on_the_scale_rise_with_the_duration_and_stay_inside() -> None:
    end = _report_svg.duration_scale([5.0], 86400)
    places = [_report_svg.place(seconds, end) for seconds in (0, 1, 60, 3600, 86400, end)]
    assert places == sorted(places) and places[0] == places[1] == 1 and places[-1] == pytest.approx(99)


def test_titles_and_descriptions_are_escaped() -> None:
    svg = _report_svg.calendar([cell()], "c", "<b>", "&\"'")
    assert "<b>" not in svg and "&lt;b&gt;" in svg and "&amp;&#34;&#39;" in svg
