"""Which tables are unused: a table is *reserved* until a string of the program names it.

A query is a string in a function; the annotation of its transaction (``Tx[Operational]``) gives the
database of the names in it. A string outside such a function counts for every database, as its use
is unknown. Docstrings are not queries.

A name may be composed: ``f"analytics.{table}"``. Then a table of that schema is used when its
name, or the name up to an underscore, is a separate string of the program:
``"listener_events_daily"`` for ``analytics.listener_events_daily_country``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from wavehouse.schema.types import Catalogue

ANY = "*"
Names = dict[str, set[str]]
"""Names of tables, by the database whose queries name them; ``ANY`` for every database."""
_NAME = re.compile(r"\b([a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*)\b")
_SCHEMA = re.compile(r"\b([a-z_][a-z0-9_]*\.)$")
_WORD = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")


def reserved(database: str, catalogue: Catalogue, named: Names) -> frozenset[str]:
    """Tables of a database that no query uses; a view counts as use of its tables."""
    used = named.get(ANY, set()) | named.get(database, set())
    words = {name for names in named.values() for name in names if "." not in name}
    used |= words
    return frozenset(
        table.name
        for table in catalogue.tables
        if table.kind != "v" and not _is_used(table.space, table.name, used)
    )


def _is_used(space: str, name: str, used: set[str]) -> bool:
    if name in used:
        return True
    if f"{space}." not in used:
        return False
    parts = name.removeprefix(f"{space}.").split("_")
    return any("_".join(parts[:end]) in used for end in range(2, len(parts) + 1))


def names_in_sql(text: str) -> Names:
    """The names in an SQL file."""
    return {ANY: _names([re.sub(r"--[^\n]*", "", text)])}


def names_in_python(text: str) -> Names:
    """The names in the strings of a Python file, by the databases of its functions."""
    tree = ast.parse(text)
    ignored = _docstrings(tree)
    constants = _constants(tree)
    names: Names = {}
    taken: set[int] = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        databases = _databases(function)
        if not databases:
            continue
        nodes = list(ast.walk(function))
        nodes += [
            inner
            for node in nodes
            if isinstance(node, ast.Name) and node.id in constants
            for inner in ast.walk(constants[node.id])
        ]
        strings = [node for node in nodes if _is_text(node) and id(node) not in ignored]
        taken.update(map(id, strings))
        for database in databases:
            names.setdefault(database, set()).update(_names(_texts(strings)))
    rest = [
        node
        for node in ast.walk(tree)
        if _is_text(node) and id(node) not in ignored and id(node) not in taken
    ]
    names.setdefault(ANY, set()).update(_names(_texts(rest)))
    return names


def merged(parts: Iterable[Names]) -> Names:
    """Merge the names found in many files."""
    result: Names = {}
    for part in parts:
        for database, names in part.items():
            result.setdefault(database, set()).update(names)
    return result


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _texts(nodes: Iterable[ast.AST]) -> list[str]:
    return [str(node.value) for node in nodes if isinstance(node, ast.Constant)]


def _names(texts: Iterable[str]) -> set[str]:
    result: set[str] = set()
    for text in texts:
        result.update(_NAME.findall(text))
        result.update(_SCHEMA.findall(text))
        if _WORD.fullmatch(text):
            result.add(text)
    return result


def _docstrings(tree: ast.Module) -> set[int]:
    """Strings that are separate statements: docstrings, also those after an assignment."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and node.value}


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """The string constants that the module assigns to names."""
    expressions: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            expressions |= {t.id: node.value for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            expressions[node.target.id] = node.value
    return expressions


def _databases(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The databases of a function's transactions, in lower case; all for a type variable."""
    result = set()
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    for argument in arguments:
        hint = argument.annotation
        if (
            isinstance(hint, ast.Subscript)
            and isinstance(hint.value, ast.Name)
            and hint.value.id in {"Tx", "BulkLoader"}
            and isinstance(hint.slice, ast.Name)
        ):
            name = hint.slice.id
            result.add(name.lower() if len(name) > 1 and name != "Any" else ANY)
    return result
