# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side: reports from facts of hosts that are broken or hostile, and every filter."""

from __future__ import annotations

import csv
import io
import json
import pathlib
import typing as t

from ansible import constants
from ansible.errors import AnsibleFilterError
from hypothesis import strategies as st
from tests.property.test_report_property import GENERATED, hosts
from tests.support.pages import Page

from ansible_collections.nusantara.backup.plugins.filter import (
    backup_date,
    backup_name,
    backup_name_parse,
    backup_number,
    backup_phrase,
    backup_query,
    backup_render,
    backup_report,
    backup_size,
)
from ansible_collections.nusantara.backup.plugins.plugin_utils import _run_display

from ..strategies.naming import FIELDS, NAMES
from ..strategies.text import JUNK, TEXT, spoiled
from ..target import Place, Target
from ..words import check_terminal

TEMPLATES = [str(pathlib.Path(__file__).parents[3] / "roles" / "backup_report" / "templates")]
# Ansible makes its own working directory when it is first asked for it; that is no business of ours.
assert constants.DEFAULT_LOCAL_TMP
_LANGUAGES = st.sampled_from(["id", "en"])


def _report(_place: Place, value: tuple[t.Any, t.Any, t.Any]) -> None:
    site, generated, language = value
    try:
        model = backup_report.backup_report(site, generated=generated, language=language, history_nights=7)
    except AnsibleFilterError as refused:
        assert str(refused).strip()
        return
    text = {form: backup_render.backup_render(model, form, TEMPLATES) for form in ("html", "txt", "csv", "json")}
    page = Page(text["html"])
    assert page.problems == [] and page.loads == [] and page.handlers == [] and "script" not in page.tags
    check_terminal(text["txt"])
    assert json.loads(text["json"]) == model
    assert len(list(csv.reader(io.StringIO(text["csv"])))) == len(model["rows"]) + 1
    for form in text.values():
        form.encode("utf-8")


_FILTERS: t.Mapping[str, tuple[t.Callable[..., t.Any], st.SearchStrategy[t.Any]]] = {
    "date": (backup_date.backup_date, st.tuples(JUNK, _LANGUAGES)),
    "name": (backup_name.backup_name, st.tuples(FIELDS)),
    "name_parse": (backup_name_parse.backup_name_parse, st.tuples(st.one_of(NAMES, JUNK))),
    "number": (backup_number.backup_number, st.tuples(JUNK, _LANGUAGES, st.integers(0, 5))),
    "phrase": (backup_phrase.backup_phrase, st.tuples(TEXT, _LANGUAGES, st.dictionaries(TEXT, JUNK, max_size=2))),
    "query": (backup_query.backup_query, st.tuples(JUNK, st.text("abc[]*.@&|(),`'\"0123:?<>=! ", max_size=20))),
    "size": (backup_size.backup_size, st.tuples(JUNK, _LANGUAGES)),
}


def _filter(name: str) -> Target:
    call, values = _FILTERS[name]

    def run(_place: Place, value: tuple[t.Any, ...]) -> None:
        try:
            call(*value)
        except AnsibleFilterError as refused:
            assert str(refused).strip()

    return Target(f"filter.{name}", values, run, 5)


_EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "event": st.one_of(
                st.sampled_from(
                    ["source.finished", "copy.finished", "hook.finished", "run.finished", "run.interrupted"]
                ),
                JUNK,
            ),
            "data": st.one_of(
                st.dictionaries(
                    st.sampled_from(["source", "outcome", "error", "seconds", "plain_bytes", "name", "when", "medium"]),
                    JUNK,
                ),
                JUNK,
            ),
        }
    ),
    max_size=4,
)


def _shown(_place: Place, value: tuple[str, t.Any, t.Any]) -> None:
    host, events, progress = value
    found = _run_display.lines_of(host, events, progress) + _run_display.lines_of_check(host, progress)
    assert all(line.isprintable() for line in found)


_PROGRESS = st.dictionaries(st.sampled_from(["step", "source", "bytes", "plan", "findings", "hooks", "failed"]), JUNK)
TARGETS = (
    Target("report", st.tuples(st.lists(spoiled(hosts(), 4), max_size=2), GENERATED, _LANGUAGES), _report, 10),
    Target("report.junk", st.tuples(JUNK, JUNK, _LANGUAGES), _report, 3),
    Target("report.lines", st.tuples(TEXT, st.one_of(_EVENTS, JUNK), _PROGRESS), _shown, 10),
    *(_filter(name) for name in _FILTERS),
)
