# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small faults that are planted: for one node of the syntax tree, what may stand there instead.

Prose is left alone (a text with a space in it), and so are docstrings, annotations, decorators and imports: a test
that notices a change there repeats the source and shows nothing.
"""

from __future__ import annotations

import ast
import typing as t

Change = tuple[str, t.Optional[ast.AST]]

BOUNDARIES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}


def changes(node: ast.AST) -> t.Iterator[Change]:
    """What may stand at the place of a node: the operator's name and the other node; None takes the node away."""
    for kind, make in MAKERS:
        if isinstance(node, kind):
            yield from make(node)


def _compare(node: ast.Compare) -> t.Iterator[Change]:
    for name, table in (("boundary", BOUNDARIES), ("comparison", OPPOSITES)):
        for place, operator in enumerate(node.ops):
            if type(operator) in table:
                operators = [*node.ops[:place], table[type(operator)](), *node.ops[place + 1 :]]
                yield name, ast.Compare(node.left, operators, node.comparators)


def _boolean(node: ast.BoolOp) -> t.Iterator[Change]:
    yield "boolean", ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    for place in range(len(node.values)):
        rest = [*node.values[:place], *node.values[place + 1 :]]
        yield "operand", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _unary(node: ast.UnaryOp) -> t.Iterator[Change]:
    yield "not" if isinstance(node.op, ast.Not) else "sign", node.operand


def _arithmetic(node: ast.BinOp) -> t.Iterator[Change]:
    if type(node.op) in ARITHMETIC:
        yield "arithmetic", ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)


def _constant(node: ast.Constant) -> t.Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield "constant", ast.Constant(value + 1)
    elif isinstance(value, str) and not (" " in value or "\n" in value):
        yield "constant", ast.Constant(value + "XX")
    elif isinstance(value, bytes):
        yield "constant", ast.Constant(value + b"XX")


def _return(node: ast.Return) -> t.Iterator[Change]:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield "return", ast.Return(ast.Constant(None))


def _negate(node: ast.If | ast.While) -> t.Iterator[Change]:
    yield "condition", type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def _loop(node: ast.For) -> t.Iterator[Change]:
    yield "loop", ast.For(node.target, ast.Tuple([], ast.Load()), node.body, node.orelse)


def _branches(node: ast.IfExp) -> t.Iterator[Change]:
    yield "branches", ast.IfExp(node.test, node.orelse, node.body)


def _filters(node: ast.comprehension) -> t.Iterator[Change]:
    for place in range(len(node.ifs)):
        rest = [*node.ifs[:place], *node.ifs[place + 1 :]]
        yield "filter", ast.comprehension(node.target, node.iter, rest, node.is_async)


def _handler(node: ast.ExceptHandler) -> t.Iterator[Change]:
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else []
    for place in range(len(kinds)):
        rest = ast.Tuple([*kinds[:place], *kinds[place + 1 :]], ast.Load())
        yield "exception", ast.ExceptHandler(rest, node.name, node.body)
    if not kinds:
        yield "exception", ast.ExceptHandler(ast.Tuple([], ast.Load()), node.name, node.body)


def _call(node: ast.Call) -> t.Iterator[Change]:
    twin = TWINS.get(node.func.id) if isinstance(node.func, ast.Name) else None
    # The greatest and the least do not depend on the order.
    for place in range(len(node.args) - 1 if twin is None else 0):
        if not any(isinstance(one, ast.Starred) for one in node.args[place : place + 2]):
            swapped = [*node.args[:place], node.args[place + 1], node.args[place], *node.args[place + 2 :]]
            yield "arguments", ast.Call(node.func, swapped, node.keywords)
    for place, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            yield "keyword", ast.Call(node.func, node.args, [*node.keywords[:place], *node.keywords[place + 1 :]])
    if isinstance(node.func, ast.Attribute) and node.func.attr == "suppress":
        yield "exception", ast.Call(node.func, [], node.keywords)
    if twin is not None:
        yield "twin", ast.Call(ast.Name(twin, ast.Load()), node.args, node.keywords)


def _slice(node: ast.Slice) -> t.Iterator[Change]:
    if node.lower is not None:
        yield "slice", ast.Slice(None, node.upper, node.step)
    if node.upper is not None:
        yield "slice", ast.Slice(node.lower, None, node.step)


def _formatted(node: ast.FormattedValue) -> t.Iterator[Change]:
    if node.format_spec is not None:
        yield "format", ast.FormattedValue(node.value, node.conversion, None)


def _removed(node: ast.stmt) -> t.Iterator[Change]:
    yield "removed", None


def _expression(node: ast.Expr) -> t.Iterator[Change]:
    if isinstance(node.value, ast.Call):
        yield "removed", None


def _assignment(node: ast.Assign) -> t.Iterator[Change]:
    """A name that is bound here only would be missing, which shows nothing; what lies elsewhere keeps its old value."""
    if any(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets):
        yield "removed", None


def _leap(node: ast.Continue | ast.Break) -> t.Iterator[Change]:
    yield "leap", ast.Break() if isinstance(node, ast.Continue) else ast.Continue()


MAKERS: tuple[tuple[t.Any, t.Callable[[t.Any], t.Iterator[Change]]], ...] = (
    (ast.Compare, _compare),
    (ast.BoolOp, _boolean),
    (ast.UnaryOp, _unary),
    (ast.BinOp, _arithmetic),
    (ast.Constant, _constant),
    (ast.Return, _return),
    ((ast.If, ast.While), _negate),
    (ast.For, _loop),
    (ast.IfExp, _branches),
    (ast.comprehension, _filters),
    (ast.ExceptHandler, _handler),
    (ast.Call, _call),
    (ast.Slice, _slice),
    (ast.FormattedValue, _formatted),
    (ast.Expr, _expression),
    (ast.Assign, _assignment),
    ((ast.AugAssign, ast.Delete, ast.Raise), _removed),
    ((ast.Continue, ast.Break), _leap),
)
