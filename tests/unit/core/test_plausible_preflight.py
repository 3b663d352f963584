# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known before the dump, and whether its result can be true."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from tests.support.mounts import mark, mounted
from tests.support.site import age_key, make_database, make_site

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError, PreflightError
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import ERROR, INFO, WARNING, Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Source
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Context, Probe
from ansible_collections.nusantara.backup.plugins.module_utils._record._history import Attempt
from ansible_collections.nusantara.backup.plugins.module_utils._run import _preflight
from ansible_collections.nusantara.backup.plugins.module_utils._run._plausible import expected_bytes, judge


def attempts(*sizes: int, rows: int | None = None, **changes: t.Any) -> list[Attempt]:
    base = {"run": "r", "source": "A", "type": "F", "frequency": "daily", "night": "", "slot": "", "mode": "scheduled"}
    values = {"late": False, "outcome": "success", "rows": rows, **base, **changes}
    return [Attempt(plain_bytes=size, stored_bytes=size // 2, **values) for size in sizes]


MIB = 1 << 20


@pytest.mark.parametrize(
    ("past", "usual"),
    [
        ([], 0),
        (attempts(5), 5),
        (attempts(1, 2, 30), 2),
        (attempts(900, 900, 1, 2, 3, 4, 5, 6, 7), 4),
        (attempts(5) + attempts(900, outcome="failed"), 5),
        (attempts(5) + attempts(900, plausible=False), 5),
        (attempts(5) + attempts(900, type="D"), 5),
        (attempts(5) + attempts(0), 5),
    ],
)
def test_the_usual_is_the_median_of_the_last_good_ones(past: list[Attempt], usual: int) -> None:
    assert expected_bytes(past, "F", "plain_bytes") == usual


@pytest.mark.parametrize(
    ("smallest", "got", "rows", "past", "codes"),
    [
        (50, MIB, 10, [], []),
        (50, MIB, 10, attempts(MIB, rows=10), []),
        (50, MIB // 20, 10, attempts(MIB, rows=10), ["plausible.smaller"]),
        (50, MIB // 2, 5, attempts(MIB, rows=10), []),
        (50, MIB // 2 - 1, 4, attempts(MIB, rows=10), ["plausible.smaller", "plausible.emptier"]),
        (50, MIB, 0, attempts(MIB, rows=10), ["plausible.emptier"]),
        (50, MIB, None, attempts(MIB, rows=10), []),
        (0, 1, 0, attempts(MIB, rows=10), []),
        (100, MIB - 1, 10, attempts(MIB, rows=10), ["plausible.smaller"]),
        (50, 1, None, attempts(60_000), []),
        (50, 1, None, attempts(MIB, plausible=False), []),
    ],
)
def test_pitfall_plausible_but_empty(
    smallest: int, got: int, rows: int | None, past: list[Attempt], codes: list[str]
) -> None:
    found = judge("SIMPEG", "F", smallest, got, rows, past)
    assert [finding.code for finding in found] == codes
    assert all(finding.level == WARNING and finding.remedy for finding in found)
    for finding in found:
        assert set(finding.params) == {"got", "usual", "share", "unit"}


def test_an_implausible_size_is_told_with_its_share() -> None:
    (found,) = judge("SIMPEG", "F", 50, 100_000, None, attempts(1_000_000))
    assert found.params == {"got": "100000", "usual": "1000000", "share": "10", "unit": "bytes"}
    assert "has 100000 bytes, which is 10 % of the usual 1000000" in found.message


def source_of(place: pathlib.Path, **changes: t.Any) -> Source:
    return make_site(place, **changes).sources[0]


def checked(place: pathlib.Path, probe: Probe, past: t.Sequence[Attempt] = (), **changes: t.Any) -> list[Finding]:
    site = make_site(place, **changes)
    with Children() as children:
        return _preflight.check_source(site, site.sources[0], probe, Context(children, str(place)), past)


def test_encryption_is_told(tmp_path: pathlib.Path) -> None:
    one, two = (age_key(tmp_path, name).recipient for name in "ab")
    probe = Probe("3", 10)
    age: dict[str, t.Any] = {"encryption": "age"}
    assert [found.code for found in checked(tmp_path, probe)] == ["encryption.none"]
    assert [found.code for found in checked(tmp_path, probe, **age, recipients=[one])] == ["encryption.single"]
    assert [found.code for found in checked(tmp_path, probe, **age, recipients=[one, one])] == ["encryption.single"]
    assert checked(tmp_path, probe, **age, recipients=[one, two]) == []
    wrong = one[:-1] + ("q" if one[-1] != "q" else "p")
    (found,) = checked(tmp_path, probe, **age, recipients=[two, wrong])
    assert (found.code, found.level) == ("tool.encryption", ERROR)


def test_what_the_probe_found_comes_first(tmp_path: pathlib.Path) -> None:
    odd = Finding("x.y", INFO, "A", "odd")
    assert checked(tmp_path, Probe("3", 10, findings=(odd,)))[0] == odd


@pytest.mark.parametrize(
    ("estimated", "work", "past", "enough"),
    [
        (MIB, 0, [], True),
        (20 * MIB, 0, [], False),
        (0, 9 * MIB, [], False),
        (6 * MIB, 3 * MIB, [], True),
        (10 * MIB, 5 * MIB, [], False),
        (MIB, 0, attempts(30 * MIB), False),
        (10 * MIB, 0, attempts(100), True),
    ],
)
def test_pitfall_disk_full_is_seen_before(
    tmp_path: pathlib.Path, estimated: int, work: int, past: list[Attempt], enough: bool
) -> None:
    with mounted(tmp_path / "small", "size=8m") as small:
        found = checked(small, Probe("3", estimated, work_bytes=work), past)
    codes = [finding.code for finding in found if finding.level == ERROR]
    assert codes == ([] if enough else ["disk.space"])
    assert enough or "MiB free and SIMPEG is expected to need" in found[0].message


def test_store_and_state_on_two_disks_are_counted_apart(tmp_path: pathlib.Path) -> None:
    with mounted(tmp_path / "one", "size=8m") as one, mounted(tmp_path / "two", "size=8m") as two:
        places = {"store": str(one / "store"), "state": str(two / "state")}
        found = checked(tmp_path, Probe("3", 12 * MIB, work_bytes=7 * MIB), **places)
        assert [finding.code for finding in found] == ["encryption.none"]
        found = checked(tmp_path, Probe("3", 12 * MIB, work_bytes=9 * MIB), **places)
        assert found[0].message.startswith(str(two))
        assert found[0].message.endswith(" has 8.0 MiB free and SIMPEG is expected to need 9.0 MiB")


@pytest.mark.parametrize(("compression", "share"), [("zstd", 0.5), ("gzip", 0.5), ("none", 1)])
def test_the_expected_size_of_a_first_set(tmp_path: pathlib.Path, compression: str, share: float) -> None:
    source = source_of(tmp_path, compression=compression)
    assert _preflight.expected_stored(source, Probe("3", 1000), []) == 1000 * share
    assert _preflight.expected_stored(source, Probe("3", 1000), attempts(100)) == 500
    assert _preflight.expected_stored(source, Probe("3", 10), attempts(100)) == 50


def test_errors_are_refused_with_the_first_and_the_number_of_others() -> None:
    _preflight.refuse_errors([Finding("a", WARNING, "A", "fine")])
    found = [Finding("a", WARNING, "A", "fine"), Finding("b.c", ERROR, "A", "bad", "do"), Finding("d", ERROR, "A", "x")]
    with pytest.raises(PreflightError, match=r"bad \(and 1 more\)\. do\.") as caught:
        _preflight.refuse_errors(found)
    assert caught.value.code == "b.c"
    with pytest.raises(PreflightError, match=r"^bad\. do\.$"):
        _preflight.refuse_errors(found[:2])


def test_media_are_looked_at_without_writing(tmp_path: pathlib.Path) -> None:
    disks = [{"name": name, "kind": "disk", "path": str(tmp_path / name)} for name in ("good", "plain", "gone")]
    sources = [{"name": "A", "engine": "sqlite", "path": "/x", "media": ["good", "plain", "gone"]}]
    site = make_site(tmp_path, media=disks, sources=sources)
    mark(tmp_path / "good", "good")
    (tmp_path / "plain").mkdir()
    found = _preflight.check_media(site, site.sources[0], 0)
    errors = {finding.subject: finding.code for finding in found if finding.level == ERROR}
    assert errors == {"plain": "medium.not_mounted", "gone": "medium.missing"}
    assert not (tmp_path / "gone").exists()
    (full,) = [item for item in _preflight.check_media(site, site.sources[0], 1 << 60) if item.code == "medium.full"]
    assert full.subject == "good"
    alone = make_site(tmp_path)
    assert [finding.code for finding in _preflight.check_media(alone, alone.sources[0], 0)] == ["media.none"]


def test_a_source_is_probed_by_its_engine(tmp_path: pathlib.Path) -> None:
    make_database(tmp_path / "simpeg.db")
    with Children() as children:
        probe = _preflight.probe_source(source_of(tmp_path), Context(children, str(tmp_path)))
    assert probe.estimated_bytes == (tmp_path / "simpeg.db").stat().st_size


def test_an_error_becomes_a_finding() -> None:
    problem = EngineError("it broke", "mend it", code="engine.broken")
    assert _preflight.as_finding("A", problem) == Finding("engine.broken", ERROR, "A", "it broke", "mend it")
