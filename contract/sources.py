"""What the code says of itself without being run: who imports what, who tells what."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
APPS = ROOT / "apps"
NAME = re.compile(r"[a-z_0-9]+(\.[a-z_0-9]+)+")
"""What is written like a name of ours: words, with dots between them."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text in the code that is written like a name."""

    text: str
    module: str
    line: int

    def __str__(self) -> str:
        return f"{self.text} ({self.module}:{self.line})"


@cache
def modules() -> dict[str, ast.Module]:
    """All of ours by their dotted names, parsed; the story only reads what was told."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
            ".__init__"
        ): ast.parse(path.read_text())
        for path in sorted(APPS.rglob("*.py"))
        if path.parent != APPS / "story"
    }


def path(module: str) -> str:
    """Where a module is, from the root."""
    file = ROOT / f"{module.replace('.', '/')}.py"
    found = file if file.is_file() else file.with_suffix("") / "__init__.py"
    return found.relative_to(ROOT).as_posix()


@cache
def services() -> tuple[str, ...]:
    """Programs of ours: packages that can be run."""
    return tuple(sorted(path.parent.name for path in APPS.glob("*/__main__.py")))


@cache
def emitters(module: str) -> tuple[str, ...]:
    """The services that what a module tells may come from: those that it is part of."""
    return tuple(each for each in services() if module in _reached(each))


@cache
def _reached(service: str) -> frozenset[str]:
    found: set[str] = set()
    asked = [name for name in modules() if name.startswith(f"apps.{service}.")]
    while asked:
        name = asked.pop()
        if name in modules() and name not in found:
            found.add(name)
            asked += _imports(name)
    return frozenset(found)


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


@cache
def literals() -> tuple[Literal, ...]:
    """All texts that are written like names, but for those in docstrings and declarations."""
    return tuple(
        Literal(node.value, module, node.lineno)
        for module, tree in modules().items()
        for node in _told(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and NAME.fullmatch(node.value)
    )


def _told(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if not _is_declaration(node):
            yield node
            yield from _told(node)


def _is_declaration(node: ast.AST) -> bool:
    """`ATTRIBUTES = (…)` and its like: what stands there is told nowhere yet."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id in {"ATTRIBUTES", "EVENTS", "SPANS"}
        for target in node.targets
    )


@cache
def use_cases() -> dict[str, tuple[str, str]]:
    """Spans made by `@span`, by name: their module, and what their docstring says."""
    return {
        name: (module, ast.get_docstring(node) or "")
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef)
        for name in _spans(node)
    }


def _spans(node: ast.AsyncFunctionDef) -> Iterator[str]:
    for each in node.decorator_list:
        match each:
            case ast.Call(
                func=ast.Name(id="span"), args=[ast.Constant(value=str(name))]
            ):
                yield name


@cache
def tellers(name: str) -> tuple[str, ...]:
    """The modules in which a name stands."""
    return tuple(sorted({each.module for each in literals() if each.text == name}))


@cache
def span_events() -> frozenset[str]:
    """Events that are told by `event`: on the span alone."""
    return frozenset(
        argument.value
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "event"
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    )
