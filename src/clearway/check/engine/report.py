"""The files of pyrefly's Pysa report, read into the few fields that a call graph needs.

The report is one index, and for every module one file of definitions and one of call graphs. Numbers that are 0 and
lists that are empty are left out of it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec

from clearway.check.engine import EngineError

if TYPE_CHECKING:
    from pathlib import Path

FORMAT_VERSION = 1
"""Of every file of the report, as the pinned version writes it."""


class OtherFormat(EngineError):
    """The report is not of the form that the pinned version writes."""

    def __init__(self, spoken: str, pinned: str) -> None:
        super().__init__(f"pyrefly {spoken} speaks another format than {pinned}; install pyrefly=={pinned}")


_PLACE = r"^[0-9]{1,9}:[0-9]{1,9}-[0-9]{1,9}:[0-9]{1,9}"
_Location = Annotated[str, msgspec.Meta(pattern=_PLACE + "$")]


class _Struct(msgspec.Struct, gc=False):
    """Nothing of a report refers to itself, so the garbage collector need not look at it."""


class ClassRef(_Struct):
    """A class, by its module's number and its own there."""

    module_id: int
    class_id: int = 0


class FunctionRef(_Struct):
    """A function, by its module's number and its own name there (`F:3`)."""

    module_id: int
    function_id: str
    function_name: str


class _Runs(_Struct):
    function: FunctionRef | None = msgspec.field(name="Function", default=None)
    overrides: FunctionRef | None = msgspec.field(name="Overrides", default=None)


class CallTarget(_Struct):
    """What a call may run: a function, or one with all that override it below the receiver's class."""

    target: _Runs | str
    receiver_class: ClassRef | None = None


class Callees(_Struct):
    """What stands in the report for one call or one attribute access."""

    call_targets: tuple[CallTarget, ...] = ()
    init_targets: tuple[CallTarget, ...] = ()
    new_targets: tuple[CallTarget, ...] = ()
    property_getters: tuple[CallTarget, ...] = ()


class Expression(_Struct):
    """An expression that calls; other kinds than these two are not read."""

    call: Callees | None = msgspec.field(name="Call", default=None)
    attribute: Callees | None = msgspec.field(name="AttributeAccess", default=None)


class _ClassParent(_Struct):
    class_id: int = 0


class _FunctionParent(_Struct):
    func_def_index: int = 0


class Parent(_Struct):
    """The class or function in which a definition stands."""

    of_class: _ClassParent | None = msgspec.field(name="Class", default=None)
    of_function: _FunctionParent | None = msgspec.field(name="Function", default=None)


class FunctionDefinition(_Struct):
    """A function of a module. One without a location is made up by the engine, as a dataclass's `__init__`."""

    name: str
    name_location: _Location | None = None
    parent: Parent | str = "TopLevel"
    defining_class: ClassRef | None = None
    is_stub: bool = False
    is_property_setter: bool = False

    @property
    def line(self) -> int | None:
        """1-based line of its name."""
        return None if self.name_location is None else int(self.name_location.partition(":")[0])


class _Mro(_Struct):
    resolved: tuple[ClassRef, ...] = msgspec.field(name="Resolved", default=())


class ClassDefinition(_Struct):
    """A class of a module. `fields` has what is assigned to it, not its methods."""

    name: str
    class_id: int = 0
    parent: Parent | str = "TopLevel"
    mro: _Mro | str = "Cyclic"
    fields: dict[str, msgspec.Raw] = {}


class _Versioned(_Struct):
    format_version: int


class Definitions(_Versioned):
    """The functions and classes of a module."""

    module_id: int
    function_definitions: dict[str, FunctionDefinition]
    class_definitions: dict[str, ClassDefinition]


class CallGraphs(_Versioned):
    """The calls of a module: function, place (`3:1-3:8`, or with a kind `3:1-3:8|artificial-call|for-iter`)."""

    module_id: int
    call_graphs: dict[str, dict[str, Expression]]


class _SourcePath(_Struct):
    file: str | None = msgspec.field(name="FileSystem", default=None)


class Module(_Struct):
    """A module that the engine has read."""

    module_id: int
    module_name: str
    source_path: _SourcePath | str
    info_filename: str | None
    """None where it has written nothing of it."""

    @property
    def file(self) -> str | None:
        """Its path; None where it is one of those that the engine brings along."""
        return None if isinstance(self.source_path, str) else self.source_path.file


class _Index(_Versioned):
    modules: dict[str, Module]


_T = TypeVar("_T", bound=_Versioned)


class Report:
    """A report in its folder. Raises EngineError for whatever of it cannot be read."""

    INDEX = "pyrefly.pysa.json"

    def __init__(self, folder: Path, pinned: str) -> None:
        self._folder = folder
        self._pinned = pinned
        self._index_decoder = msgspec.json.Decoder(_Index)
        self._definitions_decoder = msgspec.json.Decoder(Definitions)
        self._call_graphs_decoder = msgspec.json.Decoder(CallGraphs)

    def modules(self) -> tuple[Module, ...]:
        """All modules of the index. Not of each has a file been written."""
        path = self._folder / self.INDEX
        index = self._read(path, self._index_decoder)
        if index is None:
            raise EngineError(f"pyrefly wrote no {self.INDEX}; run it again, or install pyrefly=={self._pinned}")
        return tuple(index.modules.values())

    def definitions(self, module: Module) -> Definitions | None:
        """The module's functions and classes; None where none were written."""
        if module.info_filename is None:
            return None
        return self._read(self._folder / "definitions" / module.info_filename, self._definitions_decoder)

    def call_graphs(self, module: Module) -> CallGraphs | None:
        """The module's calls; None where none were written."""
        if module.info_filename is None:
            return None
        path = self._folder / "call_graphs" / module.info_filename
        content = self._read(path, self._call_graphs_decoder)
        for places in () if content is None else content.call_graphs.values():
            for place in places:
                if re.match(_PLACE, place) is None:
                    raise OtherFormat(f"({path.name}: {place[:40]!r} is no place)", self._pinned)
                break  # one of each function will do
        return content

    def has(self, module: Module) -> bool:
        """Whether the module's calls were written."""
        if module.info_filename is None:
            return False
        return os.path.isfile(self._folder / "call_graphs" / module.info_filename)  # False also for impossible names

    def _read(self, path: Path, decoder: msgspec.json.Decoder[_T]) -> _T | None:
        try:
            content = decoder.decode(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise EngineError(f"pyrefly's report {path}: {error.strerror or error}; run it again") from None
        except msgspec.ValidationError as error:
            raise OtherFormat(f"({path.name}: {error})", self._pinned) from None
        except (msgspec.DecodeError, RecursionError) as error:
            raise EngineError(f"pyrefly's report {path.name} is damaged ({error}); run it again") from None
        if content.format_version != FORMAT_VERSION:
            raise OtherFormat(f"({path.name}: format {content.format_version})", self._pinned)
        return content
