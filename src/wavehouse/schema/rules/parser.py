"""A statement parsed by PostgreSQL's own grammar: its actions, each as a few words.

This is the only module that uses the parser. ``acts`` returns one or more names (``IndexStmt``,
``AT_AddColumn``, ``AT_AddConstraint:foreign``) with the facts that lint needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from wavehouse.schema.types import NO_NAME, Name

_CONSTRAINTS = {
    "CONSTR_FOREIGN": "foreign",
    "CONSTR_CHECK": "check",
    "CONSTR_UNIQUE": "unique",
    "CONSTR_PRIMARY": "primary",
    "CONSTR_EXCLUSION": "exclusion",
    "CONSTR_NOTNULL": "notnull",
}


@dataclass(frozen=True, slots=True)
class Act:
    """One action of a statement."""

    kind: str
    name: str = ""
    """The name of an index, a column, a constraint or an extension, without its schema."""
    relation: Name = NO_NAME
    names: tuple[Name, ...] = ()
    """The name of a dropped, detached or attached object."""
    concurrent: bool = False
    if_not_exists: bool = False
    not_valid: bool = False
    temporary: bool = False
    only: bool = False
    """Whether the statement names a table without its children (``ONLY``)."""
    constraints: tuple[str, ...] = ()
    type: str = ""
    columns: tuple[str, ...] = ()
    """Columns of a key; empty when an expression or a condition is involved."""
    references: Name = NO_NAME
    referenced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unparsable:
    """The reason why a text is not valid SQL, and the position (from 0)."""

    message: str
    position: int


def acts(text: str) -> tuple[Act, ...] | Unparsable:
    """The actions of a statement; Unparsable when the text is not valid SQL."""
    import postgast

    try:
        parsed = postgast.parse(text)
    except postgast.PgQueryError as error:
        position = max(int(getattr(error, "cursorpos", 0) or 0) - 1, 0)
        return Unparsable(str(getattr(error, "message", error)), position)
    return tuple(act for raw in parsed.stmts for act in _acts(raw.stmt))


def _acts(node: Any) -> Iterator[Act]:
    name = str(node.WhichOneof("node"))
    inner = getattr(node, name)
    kind = type(inner).__name__
    if kind == "AlterTableStmt":
        relation = _relation(inner.relation)
        for command in inner.cmds:
            act = _command(command.alter_table_cmd, relation)
            yield replace(act, only=not inner.relation.inh)
    elif kind == "IndexStmt":
        yield Act(
            kind,
            inner.idxname,
            _relation(inner.relation),
            concurrent=inner.concurrent,
            if_not_exists=inner.if_not_exists,
            constraints=("unique",) if inner.unique else (),
            columns=_plain_columns(inner),
            only=not inner.relation.inh,
        )
    elif kind == "CreateExtensionStmt":
        yield Act(kind, inner.extname, if_not_exists=inner.if_not_exists)
    elif kind in ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CopyStmt"):
        yield Act(kind, relation=_relation(inner.relation))
    elif kind == "TruncateStmt":
        for named in inner.relations:
            yield Act(kind, relation=_relation(named.range_var))
    elif kind == "CreateTrigStmt":
        yield Act(kind, inner.trigname, _relation(inner.relation))
    elif kind == "CreateStmt":
        kinds = tuple(_constraint_kinds(inner))
        yield Act(
            kind,
            inner.relation.relname,
            _relation(inner.relation),
            constraints=kinds,
            if_not_exists=inner.if_not_exists,
            temporary=_is_temporary(inner.relation),
        )
    elif kind == "CreateTableAsStmt":
        made = inner.into.rel
        yield Act(kind, made.relname, _relation(made), temporary=_is_temporary(made))
    elif kind == "DropStmt":
        removed = _enum(inner, "remove_type").removeprefix("OBJECT_").lower()
        names = tuple(_dropped(node) for node in inner.objects)
        yield Act(
            f"{kind}:{removed}",
            ", ".join(map(str, names)),
            names=names,
            concurrent=inner.concurrent,
            if_not_exists=inner.missing_ok,
        )
    elif kind == "RenameStmt":
        renamed = _enum(inner, "rename_type").removeprefix("OBJECT_").lower()
        renamed = "constraint" if renamed == "tabconstraint" else renamed
        yield Act(
            f"{kind}:{renamed}", inner.newname, _relation(inner.relation), columns=(inner.subname,)
        )
    elif kind == "AlterDomainStmt":
        domain = Name(tuple(str(n.string.sval) for n in inner.type_name))
        yield Act(f"{kind}:{inner.subtype}", inner.name, domain, not_valid=_not_valid(inner))
    elif kind == "VariableSetStmt":
        values = tuple(str(a.a_const.sval.sval) for a in inner.args if a.HasField("a_const"))
        yield Act(kind, inner.name.lower(), columns=values, type=_enum(inner, "kind"))
    elif kind == "ReindexStmt":
        concurrent = any(p.def_elem.defname == "concurrently" for p in inner.params)
        scope = _enum(inner, "kind").removeprefix("REINDEX_OBJECT_").lower()
        yield Act(kind, inner.name, _relation(inner.relation), concurrent=concurrent, type=scope)
    elif kind == "RefreshMatViewStmt":
        empty = ":empty" if inner.skip_data else ""
        yield Act(kind + empty, relation=_relation(inner.relation), concurrent=inner.concurrent)
    elif kind == "VacuumStmt":
        full = any(option.def_elem.defname == "full" for option in inner.options)
        yield Act("VacuumStmt:full" if full else kind)
    else:
        yield Act(kind)


def _command(command: Any, relation: Name) -> Act:
    kind = _enum(command, "subtype")
    definition = getattr(command, "def")
    which = definition.WhichOneof("node")
    if kind == "AT_AddColumn" and which == "column_def":
        column = definition.column_def
        return Act(
            kind,
            column.colname,
            relation,
            constraints=tuple(_column_constraints(column)),
            type=".".join(n.string.sval for n in column.type_name.names),
        )
    if kind == "AT_AddConstraint" and which == "constraint":
        constraint = definition.constraint
        described = _CONSTRAINTS.get(_enum(constraint, "contype"), "other")
        using = ":index" if constraint.indexname else ""
        return Act(
            f"{kind}:{described}{using}",
            constraint.conname,
            relation,
            not_valid=constraint.skip_validation and getattr(constraint, "is_enforced", True),
            columns=_key_columns(constraint, described),
            references=_relation(constraint.pktable) if described == "foreign" else NO_NAME,
            referenced=_words(constraint.pk_attrs),
        )
    if which == "partition_cmd":
        partition = definition.partition_cmd
        child = _relation(partition.name)
        return Act(kind, child.last, relation, (child,), concurrent=partition.concurrent)
    return Act(kind, command.name, relation)


def _not_valid(alter: Any) -> bool:
    definition = getattr(alter, "def")
    is_constraint = definition.WhichOneof("node") == "constraint"
    return bool(is_constraint and definition.constraint.skip_validation)


def _words(nodes: Any) -> tuple[str, ...]:
    return tuple(node.string.sval for node in nodes)


def _key_columns(constraint: Any, kind: str) -> tuple[str, ...]:
    """The columns of a key; none for a key over periods, which compares differently."""
    periods = ("without_overlaps", "fk_with_period", "pk_with_period")
    if any(getattr(constraint, field, False) for field in periods):
        return ()
    return _words(constraint.fk_attrs if kind == "foreign" else constraint.keys)


def _plain_columns(index: Any) -> tuple[str, ...]:
    elements = [node.index_elem for node in index.index_params]
    plain = all(e.name and not e.collation and not e.opclass for e in elements)
    return tuple(e.name for e in elements) if plain and not index.HasField("where_clause") else ()


def _column_constraints(column: Any) -> Iterator[str]:
    for node in column.constraints:
        constraint = node.constraint
        kind = _enum(constraint, "contype").removeprefix("CONSTR_").lower()
        if kind == "generated":
            kept = str(getattr(constraint, "generated_kind", ""))
            kind = "virtual" if kept == "v" else "stored"
        yield kind


def _constraint_kinds(create: Any) -> Iterator[str]:
    for element in create.table_elts:
        which = element.WhichOneof("node")
        if which == "constraint":
            yield _CONSTRAINTS.get(_enum(element.constraint, "contype"), "other")
        elif which == "column_def":
            for node in element.column_def.constraints:
                yield _CONSTRAINTS.get(_enum(node.constraint, "contype"), "other")
    if create.HasField("partbound"):
        yield "partition"


def _enum(message: Any, field: str) -> str:
    descriptor = message.DESCRIPTOR.fields_by_name[field].enum_type
    return str(descriptor.values_by_number[getattr(message, field)].name)


def _relation(var: Any) -> Name:
    return Name(tuple(str(part) for part in (var.schemaname, var.relname) if part))


def _is_temporary(var: Any) -> bool:
    return bool(var.relpersistence == "t" or var.schemaname == "pg_temp")


def _dropped(node: Any) -> Name:
    """The name of a dropped object; for a type or function, without its arguments."""
    which = node.WhichOneof("node")
    if which == "list":
        items = node.list.items
    elif which == "type_name":
        items = node.type_name.names
    elif which == "object_with_args":
        items = node.object_with_args.objname
    else:
        return Name((str(node.string.sval),)) if which == "string" else Name()
    return Name(tuple(str(item.string.sval) for item in items if item.string.sval))


def without_literals(text: str) -> str:
    """A statement with every literal replaced, as literals may hold personal data."""
    import postgast

    try:
        normal = postgast.normalize(text)
    except postgast.PgQueryError:
        normal = text.split(" ", 1)[0] + " …"
    normal_text = " ".join(str(normal).split())
    return normal_text if len(normal_text) <= 120 else normal_text[:119] + "…"
