# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds every boundary of the core in its source, and makes each tell when it is crossed.

One walk does both, so what is counted is what is watched. A boundary is a
call that crosses the border of the process, a step of a run that is told to
the observer, or an event that goes to the journal. Its name holds no line
number and so survives edits: ``_sets._store.commit: os.rename #1``.
"""

from __future__ import annotations

import ast
import dataclasses
import pathlib
import re
import typing as t

from .border import AMBIGUOUS, BUILTINS, METHODS, MODULES, PROGRAM, crosses, family

HOOK = "__border__"
MAYBE = "perhaps "
# Seconds that a limit has where somebody waits for it: enough for a machine that does other work, too.
SOON = 4
_EVENT = re.compile(r"[a-z]+\.[a-z]+\Z")
_PATIENCE = re.compile(r"_?[A-Z_]*(SECONDS|PATIENCE|MINUTE|_GRACE)\Z")
_UNUSED = ("annotation", "returns", "bases")


@dataclasses.dataclass(frozen=True)
class Boundary:
    """One place in the source. ``operation`` is ``os.rename``, ``.execute``, ``step sign`` or ``event run.started``."""

    module: str
    function: str
    operation: str
    number: int
    line: int

    @property
    def name(self) -> str:
        return f"{self.module}.{self.function}: {self.operation} #{self.number}"

    @property
    def family(self) -> str:
        word = self.operation.partition(" ")[0]
        return word if word in ("step", "event") else family(self.operation)

    @property
    def package(self) -> str:
        return self.module.rpartition(".")[0] or self.module


class Source:
    """A module of the core, read once. ``tree`` reports its crossings when it is compiled and run."""

    def __init__(self, text: str, module: str, *, impatient: bool = False) -> None:
        self.boundaries: list[Boundary] = []
        self.tree = ast.parse(text)
        walker = _Walker(module, self.boundaries, impatient)
        self.tree = ast.fix_missing_locations(walker.visit(self.tree))


def boundaries_of(root: pathlib.Path) -> list[Boundary]:
    """All boundaries below a directory of modules, in the order of files and lines."""
    found: list[Boundary] = []
    for path in sorted(root.rglob("*.py")):
        found += Source(path.read_text(encoding="utf-8"), module_name(path, root)).boundaries
    return found


def module_name(path: pathlib.Path, root: pathlib.Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts)


class _Walker(ast.NodeTransformer):
    """Puts ``__border__(name, f)`` in the place of every ``f`` that crosses, whatever it is called here."""

    def __init__(self, module: str, found: list[Boundary], impatient: bool) -> None:
        self._module = module
        self._found = found
        self._impatient = impatient
        self._scope: list[str] = []
        self._names: dict[str, str] = {name: name for name in BUILTINS}
        self._counts: dict[tuple[str, str], int] = {}

    def visit_Import(self, node: ast.Import) -> ast.AST:
        for name in node.names:
            if name.asname:
                self._names[name.asname] = name.name
            else:
                self._names[name.name.partition(".")[0]] = name.name.partition(".")[0]
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        if node.level and (node.module or "").endswith("_process"):
            self._names.update({name.asname or name.name: PROGRAM for name in node.names if name.name == PROGRAM})
        if not node.level and node.module:
            for name in node.names:
                self._names[name.asname or name.name] = f"{node.module}.{name.name}"
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if not self._scope and node.name in self._names:
            del self._names[node.name]
        return self._scoped(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._scoped(node)

    def _scoped(self, node: t.Any) -> ast.AST:
        self._scope.append(node.name)
        for field, value in ast.iter_fields(node):
            if field not in _UNUSED:
                self._visit_field(node, field, value)
        self._scope.pop()
        return t.cast(ast.AST, node)

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        """Defaults are values, annotations are none."""
        node.defaults = [self.visit(value) for value in node.defaults]
        node.kw_defaults = [value and self.visit(value) for value in node.kw_defaults]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        target = node.targets[0]
        named = isinstance(target, ast.Name) and _PATIENCE.match(target.id)
        if self._impatient and named and not self._scope:
            low = ast.parse(f"min(0, {SOON})", mode="eval").body
            t.cast(ast.Call, low).args[0] = node.value
            node.value = low
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """A minute becomes a few seconds."""
        self.generic_visit(node)
        factor = node.right
        if self._impatient and isinstance(node.op, ast.Mult) and isinstance(factor, ast.Constant):
            factor.value = SOON if factor.value == 60 else factor.value
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Steps and events are calls of our own; of everything else only the function's name matters."""
        told = self._told(node)
        self.generic_visit(node)
        if told:
            node.func = self._watched(told, node.func)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        dotted = self._names.get(node.id, "")
        return self._watched(dotted, node) if isinstance(node.ctx, ast.Load) and crosses(dotted) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        dotted = self._dotted(node)
        if dotted.rpartition(".")[0] in MODULES or dotted.partition(".")[0] in MODULES:
            return self._watched(dotted, node) if isinstance(node.ctx, ast.Load) and crosses(dotted) else node
        self.generic_visit(node)
        if self._scope and isinstance(node.ctx, ast.Load) and node.attr in METHODS:
            return self._watched(f".{node.attr}", node) if self._holds_a_file(node) else self._asked(node)
        return node

    def _visit_field(self, node: ast.AST, field: str, value: t.Any) -> None:
        if isinstance(value, list):
            setattr(node, field, [self.visit(one) if isinstance(one, ast.AST) else one for one in value])
        elif isinstance(value, ast.AST):
            setattr(node, field, self.visit(value))

    def _dotted(self, node: ast.expr) -> str:
        words: list[str] = []
        while isinstance(node, ast.Attribute):
            words.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id in self._names:
            return ".".join([self._names[node.id], *words])
        return ""

    def _holds_a_file(self, node: ast.Attribute) -> bool:
        words = AMBIGUOUS.get(node.attr)
        return words is None or _last_word(node.value) in words

    def _told(self, node: ast.Call) -> str:
        """What a call tells the observer or the journal: ``step sign``, ``event run.started``."""
        if not isinstance(node.func, ast.Attribute):
            return ""
        word, constants = node.func.attr, [one.value for one in node.args if isinstance(one, ast.Constant)]
        if word == "_step" or (word == "step" and _last_word(node.func.value) == "_observer"):
            names = [one for one in constants if isinstance(one, str) and one]
            return f"step {names[-1]}" if names else "" if word == "step" else "step of each part"
        if word in ("_event", "append") and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and _EVENT.match(first.value):
                return f"event {first.value}"
        return ""

    def _asked(self, node: ast.Attribute) -> ast.expr:
        """By its words a method of ours: when it runs, what it belongs to tells whether that is so."""
        name = f"{MAYBE}{self._module}.{'.'.join(self._scope)}: .{node.attr} in line {node.lineno}"
        call = ast.Call(func=ast.Name(HOOK, ast.Load()), args=[ast.Constant(name), node], keywords=[])
        return ast.copy_location(call, node)

    def _watched(self, operation: str, function: t.Any) -> ast.expr:
        where = ".".join(self._scope) or "<module>"
        number = self._counts[where, operation] = self._counts.get((where, operation), 0) + 1
        boundary = Boundary(self._module, where, operation, number, function.lineno)
        self._found.append(boundary)
        hook = ast.Name(HOOK, ast.Load())
        call = ast.Call(func=hook, args=[ast.Constant(boundary.name), function], keywords=[])
        return ast.copy_location(call, function)


def _last_word(node: ast.expr) -> str:
    while isinstance(node, (ast.Call, ast.BoolOp)):
        node = node.values[-1] if isinstance(node, ast.BoolOp) else node.args[0] if node.args else node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
