"""What object-relational mappers load: objects of the model that a statement, a query or a class names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ClassV,
    ExternalInstanceV,
    ExternalV,
    InstanceV,
    ListV,
    ShapeV,
    TupleV,
    Values,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clearway.check.program.program import Program
    from clearway.check.program.values.arguments import Arguments

STATEMENTS = {
    "sqlalchemy.select": "sqlalchemy.Select",
    "sqlalchemy.orm.Session.query": "sqlalchemy.orm.Query",
    "sqlalchemy.orm.Query.with_entities": "sqlalchemy.orm.Query",
    "sqlalchemy.Insert.returning": "sqlalchemy.Insert",
    "sqlalchemy.Update.returning": "sqlalchemy.Update",
    "sqlalchemy.Delete.returning": "sqlalchemy.Delete",
    "sqlalchemy.Select.with_only_columns": "sqlalchemy.Select",
}
"""Calls that are given what a row is made of, and the class of the object that they give."""

SESSIONS = ("sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession")
CONNECTIONS = ("sqlalchemy.Connection", "sqlalchemy.ext.asyncio.AsyncConnection")
RESULTS = "sqlalchemy.CursorResult"
SCALARS = "sqlalchemy.ScalarResult"
ONE = ("first", "one", "one_or_none")
SCALAR = ("scalar", "scalar_one", "scalar_one_or_none")
ROWS_ITERATED = frozenset(
    {RESULTS, SCALARS, "sqlalchemy.Result", "sqlalchemy.orm.Query", "beanie.FindMany", "tortoise.QuerySet"}
    | {"peewee.ModelSelect"}
)
"""Classes whose objects give, one by one, what they hold."""
ASYNC_MODELS = {"tortoise.Model": "tortoise.QuerySet", "beanie.Document": "beanie.FindMany"}
"""Base classes whose class methods load objects, and what stands for a query of theirs."""
ONE_OF_CLASS = frozenset(
    {"get", "get_or_none", "first", "last", "create", "find_one", "get_or_404", "insert_one", "latest", "earliest"}
)
PAIR_OF_CLASS = frozenset({"get_or_create", "update_or_create"})
QUERIES_OF_CLASS = frozenset({"filter", "all", "exclude", "find", "find_all", "find_many", "select_for_update"})
LISTS_OF_CLASS = frozenset({"bulk_create", "in_bulk", "insert_many", "raw"})
ENDS_OF_QUERY = frozenset({"first", "get", "get_or_none", "first_or_none", "last", "latest", "earliest"})
FOUND_BY_PEEWEE = ("get", "get_or_none", "get_by_id", "create")
LISTS_OF_QUERY = frozenset({"to_list"})


class Rows:
    """Values of calls that load objects."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._calls: dict[str, Callable[[ExternalV, Arguments], Values]] = {}
        for name in STATEMENTS:
            self._calls[name] = self._statement
        for owner in SESSIONS:
            self._calls |= {
                f"{owner}.get": self._of_class,
                f"{owner}.get_one": self._of_class,
                f"{owner}.scalar": self._first_of_statement,
                f"{owner}.scalars": self._scalars_of_statement,
                f"{owner}.stream_scalars": self._scalars_of_statement,
                f"{owner}.exec": self._executed_by_model,
            }
        for owner in (*SESSIONS, *CONNECTIONS):
            self._calls |= {f"{owner}.execute": self._executed, f"{owner}.stream": self._executed}
        for owner in ("sqlalchemy.Result", SCALARS, "sqlalchemy.orm.Query"):
            self._calls |= {f"{owner}.{name}": self._held for name in (*ONE, "fetchone", "get")}
            self._calls |= {f"{owner}.{name}": self._all for name in ("all", "fetchall", "fetchmany")}
            self._calls |= {f"{owner}.{name}": self._scalar for name in SCALAR}
        self._calls["sqlalchemy.Result.scalars"] = self._scalars
        self._calls["peewee.Model.select"] = self._selected
        self._calls |= {f"peewee.Model.{name}": self._found for name in FOUND_BY_PEEWEE}
        self._calls["peewee.Model.get_or_create"] = self._found_or_made
        self._calls |= {f"peewee.ModelSelect.{name}": self._row_of_query for name in ("first", "get", "get_or_none")}
        for model, query in ASYNC_MODELS.items():
            self._calls |= {f"{model}.{name}": self._one_of_class for name in ONE_OF_CLASS}
            self._calls |= {f"{model}.{name}": self._pair_of_class for name in PAIR_OF_CLASS}
            self._calls |= {f"{model}.{name}": self._query_of_class for name in QUERIES_OF_CLASS}
            self._calls |= {f"{model}.{name}": self._list_of_class for name in LISTS_OF_CLASS}
            self._calls |= {f"{query}.{name}": self._end for name in ENDS_OF_QUERY}
            self._calls |= {f"{query}.{name}": self._list for name in LISTS_OF_QUERY}
        self._names = frozenset(name.rpartition(".")[2] for name in self._calls)

    def of(self, callee: ExternalV, arguments: Arguments) -> Values | None:
        """What such a call gives; None for all others, and where no class is named."""
        owner, _, attribute = callee.name.rpartition(".")
        if attribute not in self._names:
            return None
        for base in (owner, *self._program.library.bases(owner)):
            found = self._calls.get(f"{base}.{attribute}")
            if found is not None:
                values = found(callee, arguments)
                if not values:
                    return None
                held = self._program.library.returns(callee.name)
                waits = (held is not None and held.shape == "await") or ".asyncio." in base
                return frozenset({ShapeV("await", values)}) if waits else values
        return None

    def _statement(self, callee: ExternalV, arguments: Arguments) -> Values:
        items = tuple(_loaded(values) for values in arguments.positional)
        if not any(isinstance(value, InstanceV) for values in items for value in values):
            return UNKNOWN
        owner, _, attribute = callee.name.rpartition(".")
        made = STATEMENTS.get(callee.name)
        for base in self._program.library.bases(owner):
            made = made or STATEMENTS.get(f"{base}.{attribute}")
        return frozenset({ExternalInstanceV(made or "sqlalchemy.Select", None, frozenset({TupleV(items)}))})

    def _of_class(self, _callee: ExternalV, arguments: Arguments) -> Values:
        return _objects(arguments.at(0, "entity"))

    def _first_of_statement(self, _callee: ExternalV, arguments: Arguments) -> Values:
        return _firsts(_row(arguments))

    def _scalars_of_statement(self, _callee: ExternalV, arguments: Arguments) -> Values:
        return _holding(SCALARS, _firsts(_row(arguments)))

    def _executed(self, _callee: ExternalV, arguments: Arguments) -> Values:
        return _holding(RESULTS, _row(arguments))

    def _executed_by_model(self, _callee: ExternalV, arguments: Arguments) -> Values:
        """SQLModel's `exec`: of a statement for one thing it gives scalars."""
        row = _row(arguments)
        one = all(isinstance(value, TupleV) and len(value.items) == 1 for value in row)
        return _holding(SCALARS, _firsts(row) if one else row)

    def _scalars(self, callee: ExternalV, _arguments: Arguments) -> Values:
        return _holding(SCALARS, _firsts(_kept(callee)))

    def _held(self, callee: ExternalV, _arguments: Arguments) -> Values:
        held = _kept(callee)
        return _whole(held) if "Query" in callee.name else held

    def _all(self, callee: ExternalV, arguments: Arguments) -> Values:
        held = self._held(callee, arguments)
        return frozenset({ListV(held)}) if held else UNKNOWN

    def _scalar(self, callee: ExternalV, _arguments: Arguments) -> Values:
        return _firsts(_kept(callee))

    def _one_of_class(self, callee: ExternalV, _arguments: Arguments) -> Values:
        return _awaited(_objects(_receiver(callee)))

    def _pair_of_class(self, callee: ExternalV, _arguments: Arguments) -> Values:
        held = _objects(_receiver(callee))
        return _awaited(frozenset({TupleV((held, OPAQUE))})) if held else UNKNOWN

    def _query_of_class(self, callee: ExternalV, _arguments: Arguments) -> Values:
        held = _objects(_receiver(callee))
        owner = callee.name.rpartition(".")[0]
        queries = [query for model, query in ASYNC_MODELS.items() if model.partition(".")[0] == owner.partition(".")[0]]
        return _holding(queries[0], held)

    def _list_of_class(self, callee: ExternalV, _arguments: Arguments) -> Values:
        held = _objects(_receiver(callee))
        return _awaited(frozenset({ListV(held)})) if held else UNKNOWN

    def _selected(self, callee: ExternalV, _arguments: Arguments) -> Values:
        return _holding("peewee.ModelSelect", _objects(_receiver(callee)))

    def _found(self, callee: ExternalV, _arguments: Arguments) -> Values:
        return _objects(_receiver(callee))

    def _found_or_made(self, callee: ExternalV, _arguments: Arguments) -> Values:
        held = _objects(_receiver(callee))
        return frozenset({TupleV((held, OPAQUE))}) if held else UNKNOWN

    def _row_of_query(self, callee: ExternalV, _arguments: Arguments) -> Values:
        return _kept(callee)

    def _end(self, callee: ExternalV, _arguments: Arguments) -> Values:
        return _awaited(_kept(callee))

    def _list(self, callee: ExternalV, _arguments: Arguments) -> Values:
        held = _kept(callee)
        return _awaited(frozenset({ListV(held)})) if held else UNKNOWN


def iterated(value: ExternalInstanceV) -> Values:
    """What iterating over a result or a query gives."""
    if value.name not in ROWS_ITERATED:
        return UNKNOWN
    return _whole(value.items) if "Query" in value.name else value.items


def _loaded(values: Values) -> Values:
    """What a row holds for one of the things that a statement asks for: an object, or a column's value."""
    return _objects(values) or OPAQUE


def _objects(values: Values | Sequence[object]) -> Values:
    return frozenset(InstanceV(value.cls) for value in values if isinstance(value, ClassV))


def _receiver(callee: ExternalV) -> Values:
    return frozenset() if callee.receiver is None else frozenset({callee.receiver})


def _row(arguments: Arguments) -> Values:
    """The row of the statement that is executed."""
    found: Values = UNKNOWN
    for value in arguments.at(0, "statement"):
        if isinstance(value, ExternalInstanceV):
            found |= frozenset(item for item in value.items if isinstance(item, TupleV))
    return found


def _kept(callee: ExternalV) -> Values:
    return callee.receiver.items if isinstance(callee.receiver, ExternalInstanceV) else UNKNOWN


def _firsts(rows: Values) -> Values:
    found: Values = UNKNOWN
    for row in rows:
        found |= row.items[0] if isinstance(row, TupleV) and row.items else frozenset({row})
    return found


def _whole(rows: Values) -> Values:
    """What a query gives: of one thing the thing itself, of several a row."""
    found: Values = UNKNOWN
    for row in rows:
        found |= row.items[0] if isinstance(row, TupleV) and len(row.items) == 1 else frozenset({row})
    return found


def _holding(name: str, held: Values) -> Values:
    return frozenset({ExternalInstanceV(name, None, held)}) if held else UNKNOWN


def _awaited(values: Values) -> Values:
    return frozenset({ShapeV("await", values)}) if values else UNKNOWN
