# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which modules are mutated, and which tests must notice: the cheap ones first, dearer ones where they are needed."""

from __future__ import annotations

import typing as t
from pathlib import Path

from checkout import ROOT

UTILS = Path("plugins/module_utils")


class Group(t.NamedTuple):
    """One part of the core: its modules below ``plugins/module_utils``, as patterns, and its tests."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]

    def files(self, root: Path = ROOT) -> list[str]:
        """The modules, as paths in a checkout."""
        found = [path for pattern in self.modules for path in sorted((root / UTILS).glob(pattern))]
        return [str(path.relative_to(root)) for path in found if path.stat().st_size]


GROUPS: dict[str, Group] = {
    "naming": Group(
        ("_naming.py", "_naming_rules/*.py"),
        ("tests/unit/naming", "tests/property/test_naming_property.py", "tests/guard/test_modules.py"),
    ),
    "manifest": Group(
        ("_sets/_manifest.py", "_sets/_signing.py", "_sets/_signers.py"),
        ("tests/unit/test_manifest.py", "tests/unit/test_signing.py"),
    ),
    "journal": Group(
        ("_record/_journal.py",),
        ("tests/unit/core/test_journal_lines.py", "tests/unit/core/test_journal.py", "tests/unit/core/test_history.py"),
    ),
    "pipeline": Group(
        ("_artifact/_pipeline.py", "_artifact/_chain.py", "_artifact/_stored.py", "_artifact/_reopen.py"),
        (
            "tests/unit/core/test_pipeline_ends.py",
            "tests/unit/core/test_pipeline_limits.py",
            "tests/unit/core/test_pipeline.py",
        ),
    ),
    "catalogue": Group(
        ("_sets/_catalogue.py", "_sets/_scan.py", "_sets/_store.py", "_sets/_verify.py"),
        (
            "tests/unit/test_store_layout.py",
            "tests/unit/test_catalogue.py",
            "tests/unit/test_verify_words.py",
            "tests/unit/test_verify.py",
        ),
    ),
}
