"""Small faults in Python source, as a slip of the hand would make them: a sign, a bound, a constant, a condition.

Passed over are what computes nothing (annotations, docstrings, the words of errors and of f-strings) and what runs when
a module is loaded, but for its constants: decorators, defaults of arguments, fields of classes.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_OPERATORS = {
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult},
    **{ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.LShift: ast.RShift, ast.RShift: ast.LShift},
    **{ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
}
_COMPARISONS = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq},
    **{ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In},
}
_PAIRS = ("min max", "minimum maximum", "amin amax", "argmin argmax", "floor ceil", "sin cos", "any all", "mean sum")
_NAMES = {a: b for pair in _PAIRS for a, b in (pair.split(), pair.split()[::-1])}
_PASSED_OVER: dict[type[ast.AST], tuple[str, ...]] = {
    ast.FunctionDef: ("args", "decorator_list", "returns"),
    ast.ClassDef: ("decorator_list", "bases", "keywords"),
    ast.AnnAssign: ("annotation", "target"),
    ast.Lambda: ("args",),
}
_WORDS = (ast.JoinedStr, ast.Raise, ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Fault:
    """One changed place of a file."""

    path: Path
    lines: range  # of the statement, without its body
    was: str
    becomes: str
    source: str  # of the whole file, its lines where they were
    constant: bool  # of the module, outside of functions

    @property
    def row(self) -> dict[str, str | int]:
        """What a person reads of it; two faults of a line may have the same."""
        return {"file": self.path.name, "line": self.lines[0], "was": self.was, "becomes": self.becomes}

    def __str__(self) -> str:
        return f"{self.path.name}:{self.lines[0]}  {self.was}  ->  {self.becomes}"


def faults(path: Path) -> list[Fault]:
    """All faults of a file, in the order of its lines."""
    source = path.read_text()
    found = []
    for statement, place, constant in _places(ast.parse(source)):
        for node, new in _changes(place):
            changed = _replaced(source, node, ast.unparse(new))
            found.append(Fault(path, _header(statement), ast.unparse(node), ast.unparse(new), changed, constant))
    return found


def _places(module: ast.Module) -> Iterator[tuple[ast.stmt, ast.AST, bool]]:
    """Statement, node in it, and whether it is a constant of the module."""
    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and not _for_readers(statement):
            yield from ((statement, node, True) for _, node in _inside(statement, statement))
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    nested = {inner for outer in functions for inner in ast.walk(outer) if inner is not outer}
    for function in functions:
        if function not in nested:
            yield from ((statement, node, False) for statement, node in _inside(function, function))


def _inside(node: ast.AST, statement: ast.stmt) -> Iterator[tuple[ast.stmt, ast.AST]]:
    """A node and all that computes in it, each with its statement."""
    yield statement, node
    for name, value in ast.iter_fields(node):
        if name in _PASSED_OVER.get(type(node), ()):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, _WORDS) and not _is_text(child):
                yield from _inside(child, child if isinstance(child, ast.stmt) else statement)


def _for_readers(statement: ast.stmt) -> bool:
    """Whether it says something to type checkers and imports alone."""
    return ast.unparse(statement).startswith("__all__") or "TypeVar(" in ast.unparse(statement)


def _is_text(node: ast.AST) -> bool:
    """Whether it is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """What is replaced, the node or its condition, and by what."""
    yield from ((node, new) for new in _replacements(node))
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield node.test, ast.UnaryOp(ast.Not(), node.test)


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1 if value + 1 != value else 2 * value)
        case ast.Constant(value=str() as value):
            yield ast.Constant("?" + value)
        case ast.Constant(value=bytes() as value):
            yield ast.Constant(b"?" + value)
        case ast.BinOp(op=op) if type(op) in _OPERATORS:
            yield _with(node, op=_OPERATORS[type(op)]())
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.BoolOp(values=values):
            yield from (_with(node, values=values[:i] + values[i + 1 :]) for i in range(len(values)))
        case ast.Compare(ops=ops):
            for i, op in enumerate(ops):
                yield _with(node, ops=[*ops[:i], _COMPARISONS[type(op)](), *ops[i + 1 :]])
        case ast.Name(id=name) if name in _NAMES:
            yield ast.Name(_NAMES[name])
        case ast.Attribute(attr=name) if name in _NAMES:
            yield _with(node, attr=_NAMES[name])
        case ast.Return(value=ast.expr()):
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign():
            yield ast.Pass()
        case ast.Expr(value=ast.Call() as call):
            yield ast.Expr(_never(call))
        case _:
            pass


def _never(call: ast.Call) -> ast.Lambda:
    """A call that is not made; it keeps the variables of the function around it."""
    return ast.Lambda(ast.arguments([], [], None, [], [], None, []), call)


def _with(node: ast.AST, **changes: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in changes.items():
        setattr(changed, name, value)
    return changed


def _header(statement: ast.stmt) -> range:
    """The lines of a statement, of a compound one those before its body."""
    body = getattr(statement, "body", None)
    last = statement.end_lineno if not body else max(statement.lineno, body[0].lineno - 1)
    return range(statement.lineno, (last or statement.lineno) + 1)


def _replaced(source: str, node: ast.AST, becomes: str) -> str:
    """The source with other text in a node's place, and as many lines as before."""
    data = source.encode()
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    start, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
    lines = b"\n" * data[start:end].count(b"\n")
    text = becomes.encode() + lines if isinstance(node, ast.stmt) else b"(" + becomes.encode() + lines + b")"
    return (data[:start] + text + data[end:]).decode()
