"""What syntax takes out of values: by `await`, by iterating, by `with ... as`, by unpacking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.models.rows import iterated as loaded
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ConstantV,
    CoroutineV,
    DictV,
    ExternalInstanceV,
    GeneratorV,
    InstanceV,
    ListV,
    ModelV,
    MoreV,
    ShapeV,
    TaskV,
    TupleV,
    Values,
)
from clearway.check.program.values.keys import keys_of

if TYPE_CHECKING:
    from clearway.check.program.program import Program


class Unwrapped:
    """Takes values out of others."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def part(self, values: Values, path: tuple[int, ...]) -> Values:
        """The part of a value that unpacking takes."""
        for index in path:
            found: Values = UNKNOWN
            for value in values:
                if isinstance(value, TupleV) and 0 <= index < len(value.items):
                    found = self._program.union(found, value.items[index])
                elif isinstance(value, TupleV):
                    found = self._program.union(found, frozenset({ListV(frozenset().union(*value.items))}))
                elif index == -1:
                    found = self._program.union(found, frozenset({value}))
                else:
                    found = self._program.union(found, self.iterated(frozenset({value})))
            values = found
        return values

    def awaited(self, values: Values) -> Values:
        """What `await` gives."""
        found: Values = UNKNOWN
        for value in values:
            match value:
                case CoroutineV(frame=frame):
                    found = self._program.union(found, self._program.returns(frame))
                case ShapeV(shape="await", inner=inner):
                    found = self._program.union(found, inner)
                case TaskV(frames=frames):
                    for frame in frames:
                        found = self._program.union(found, self._program.returns(frame))
                case ExternalInstanceV(name="asyncio.Future", items=items) if items:
                    found = self._program.union(found, items)
                case ExternalInstanceV() | MoreV():
                    # What a library gives without a word of awaiting, and is awaited all the same.
                    found = self._program.union(found, frozenset({value}))
                case _:
                    pass
        return found

    def iterated(self, values: Values) -> Values:
        """What iterating gives, with `for` or `async for`."""
        found: Values = UNKNOWN
        for value in values:
            match value:
                case ListV(element=element):
                    found = self._program.union(found, element)
                case TupleV(items=items):
                    for item in items:
                        found = self._program.union(found, item)
                case DictV():
                    found = self._program.union(found, keys_of(value))
                case GeneratorV(frame=frame):
                    found = self._program.union(found, self._program.yields(frame))
                case ShapeV(shape="iter", inner=inner):
                    found = self._program.union(found, inner)
                case InstanceV():
                    for method in ("__next__", "__anext__"):
                        found = self._program.union(found, self.awaited_or_same(self.special(value, method)))
                    if not found:
                        for method in ("__iter__", "__aiter__"):
                            made = self.special(value, method)
                            found = self._program.union(found, self.iterated(made - {value}))
                case ExternalInstanceV() if value.items and (rows := loaded(value)):
                    found = self._program.union(found, rows)
                case ExternalInstanceV(name=name):
                    held = self._program.library.returns(f"{name}.__iter__") or self._program.library.returns(
                        f"{name}.__aiter__"
                    )
                    if held is not None:
                        found = self._program.union(found, self.iterated(self._program.returned(held, value, ())))
                    elif name.startswith("builtins."):
                        found = self._program.union(found, OPAQUE)
                case ConstantV(value=None):
                    pass  # what stands there before something is put in its place
                case ConstantV():
                    found = self._program.union(found, OPAQUE)
                case MoreV():
                    found = self._program.union(found, frozenset({value}))
                case _:
                    pass
        return found

    def entered(self, values: Values) -> Values:
        """What `with ... as` gives."""
        found: Values = UNKNOWN
        for value in values:
            match value:
                case ShapeV(shape="enter", inner=inner):
                    found = self._program.union(found, inner)
                case ModelV(name="context"):
                    for generator in value.item("generator"):
                        if isinstance(generator, GeneratorV):
                            found = self._program.union(found, self._program.yields(generator.frame))
                case InstanceV():
                    for method in ("__enter__", "__aenter__"):
                        found = self._program.union(found, self.awaited_or_same(self.special(value, method)))
                    if not found:
                        for base in self._program.definitions.externals(value.cls):
                            held = self._program.library.returns(f"{base}.__enter__") or self._program.library.returns(
                                f"{base}.__aenter__"
                            )
                            if held is not None:
                                found = self._program.union(
                                    found, self.awaited_or_same(self._program.returned(held, value, ()))
                                )
                    if not found and self._program.definitions.externals(value.cls):
                        found = frozenset({value})
                case ExternalInstanceV(name=name):
                    held = self._program.library.returns(f"{name}.__enter__") or self._program.library.returns(
                        f"{name}.__aenter__"
                    )
                    given = frozenset({value}) if held is None else self._program.returned(held, value, ())
                    found = self._program.union(found, self.awaited_or_same(given))
                case ShapeV(shape="await", inner=inner):
                    # `async with pool.acquire() as c`: libraries give something that is awaited or entered.
                    found = self._program.union(found, self.entered(inner))
                case MoreV():
                    found = self._program.union(found, frozenset({value}))
                case _:
                    pass
        return found

    def awaited_or_same(self, values: Values) -> Values:
        """Values, with what must be awaited first awaited."""
        found: Values = UNKNOWN
        for value in values:
            waits = isinstance(value, CoroutineV | TaskV) or (isinstance(value, ShapeV) and value.shape == "await")
            found = self._program.union(found, self.awaited(frozenset({value})) if waits else frozenset({value}))
        return found

    def special(self, value: InstanceV, method: str) -> Values:
        """What a special method of an object gives."""
        frames = self._program.special_frames(value, method)
        found: Values = UNKNOWN
        for frame in frames:
            function = frame.code
            assert isinstance(function, Function)
            if function.is_generator:
                found = self._program.union(found, frozenset({GeneratorV(frame)}))
            elif function.is_async:
                found = self._program.union(found, frozenset({CoroutineV(frame)}))
            else:
                found = self._program.union(found, self._program.returns(frame))
        return found
