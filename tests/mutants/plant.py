# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All mutants of one module: each is its whole source with one small fault in it."""

from __future__ import annotations

import ast
import collections
import typing as t

from tests.mutants.operators import changes

# Fields that hold no behaviour: types, decorators and bases, and what a later pass looks at by itself.
NO_BEHAVIOUR = frozenset({"annotation", "returns", "decorator_list", "bases", "format_spec"})
SHOWN_AROUND = 40
NAMED = (ast.FunctionDef, ast.ClassDef)
COMPOUND = (
    ast.FunctionDef,
    ast.ClassDef,
    ast.If,
    ast.While,
    ast.For,
    ast.With,
    ast.Try,
    ast.ExceptHandler,
)


class Mutant(t.NamedTuple):
    """One fault. ``lines`` are those of the statement or header that it lies in; no line means the whole module."""

    file: str
    function: str
    operator: str
    before: str
    after: str
    number: int
    line: int
    lines: range
    source: str

    @property
    def key(self) -> str:
        """Tells it from all others, and survives changes elsewhere in the module."""
        return "\t".join((self.file, self.function, self.operator, self.before, self.after, str(self.number)))


class _Place(t.NamedTuple):
    """A node, where it hangs, and which statement of the module it lies in."""

    node: ast.AST
    parent: ast.AST
    field: str
    position: int | None
    root: ast.AST
    function: str
    top: int

    def put(self, other: ast.AST) -> None:
        if self.position is None:
            setattr(self.parent, self.field, other)
        else:
            getattr(self.parent, self.field)[self.position] = other


def mutants_of(file: str, text: str) -> list[Mutant]:
    """The mutants of a source, in the order of their lines."""
    tree = ast.parse(text)
    parts = _parts(tree)
    found: list[Mutant] = []
    seen: collections.Counter[tuple[str, ...]] = collections.Counter()
    for place in _places(tree):
        before = _words(place.root)
        for operator, other in changes(place.node):
            place.put(ast.copy_location(other if other is not None else ast.Pass(), place.node))
            # A statement that is its own root was put at its parent; the old root would show nothing.
            after = _words(place.root if place.root is not place.node else (other or ast.Pass()))
            old, new = _shortened(before, after)
            source = _joined([*parts[: place.top], ast.unparse(tree.body[place.top]), *parts[place.top + 1 :]])
            place.put(place.node)
            names = (place.function, operator, old, new)
            seen[names] += 1
            found.append(Mutant(file, *names, seen[names], _line(place), _lines(place), source))
    return sorted(found, key=lambda mutant: mutant.line)


def control(text: str) -> str:
    """The source as a mutant without a fault would be written: no test may fail with it."""
    return _joined(_parts(ast.parse(text)))


def _parts(tree: ast.Module) -> list[str]:
    return [ast.unparse(statement) for statement in tree.body]


def _joined(parts: t.Sequence[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _places(tree: ast.Module) -> t.Iterator[_Place]:
    for top, child in enumerate(tree.body):
        if not _skipped(tree, child):
            name = child.name if isinstance(child, NAMED) else ""
            yield _Place(child, tree, "body", top, child, name, top)
            yield from _below(child, name, child, top)


def _below(node: ast.AST, function: str, root: ast.AST, top: int) -> t.Iterator[_Place]:
    for field, value in ast.iter_fields(node):
        if field in NO_BEHAVIOUR or (isinstance(node, ast.ClassDef) and field == "keywords"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if not isinstance(child, ast.AST) or _skipped(node, child):
                continue
            inner = f"{function}.{child.name}".strip(".") if isinstance(child, NAMED) else function
            below = child if isinstance(child, ast.stmt) or isinstance(node, COMPOUND) else root
            yield _Place(child, node, field, index, below, inner, top)
            yield from _below(child, inner, below, top)


def _skipped(parent: ast.AST, node: ast.AST) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.ClassDef):
        return any("Protocol" in ast.unparse(base) for base in node.bases)
    if isinstance(node, ast.Assign):
        # Lists of public names, and names for types.
        value = node.value.value if isinstance(node.value, ast.Subscript) else node.value
        typing = isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id == "t"
        return typing or ast.unparse(node.targets[0]) == "__all__"
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(parent, ast.JoinedStr) and isinstance(node, ast.Constant)


def _words(root: ast.AST) -> str:
    """The statement, or the head of it, in one line."""
    if isinstance(root, (ast.If, ast.While)):
        return f"{type(root).__name__.lower()} {ast.unparse(root.test)}"
    if isinstance(root, ast.For):
        return f"for {ast.unparse(root.target)} in {ast.unparse(root.iter)}"
    if isinstance(root, ast.ExceptHandler):
        return f"except {ast.unparse(root.type) if root.type else ''}"
    return " ".join(ast.unparse(root).split())


def _shortened(before: str, after: str) -> tuple[str, str]:
    """Of long statements only what differs, with some words around it."""
    begin = _alike(before, after)
    end = _alike(before[begin:][::-1], after[begin:][::-1])
    begin, end = max(begin - SHOWN_AROUND, 0), max(end - SHOWN_AROUND, 0)
    return _cut(before, begin, end), _cut(after, begin, end)


def _alike(one: str, other: str) -> int:
    shortest = min(len(one), len(other))
    return next((place for place in range(shortest) if one[place] != other[place]), shortest)


def _cut(text: str, begin: int, end: int) -> str:
    return ("…" if begin else "") + text[begin : len(text) - end] + ("…" if end else "")


def _line(place: _Place) -> int:
    return int(getattr(place.node, "lineno", getattr(place.root, "lineno", 1)))


def _lines(place: _Place) -> range:
    """The lines of what is executed with the fault; none for what a module does when it is imported."""
    if not place.function or isinstance(place.root, ast.arguments):
        return range(0)
    first = int(getattr(place.root, "lineno", _line(place)))
    last = first if isinstance(place.root, COMPOUND) else int(getattr(place.root, "end_lineno", first))
    return range(first, last + 1)
