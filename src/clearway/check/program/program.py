"""The program under check as one thing to ask: what an expression stands for, what a frame does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.calls.calls import Calls
from clearway.check.program.calls.construction import Construction
from clearway.check.program.calls.containers import Containers
from clearway.check.program.calls.externals import Externals
from clearway.check.program.calls.guesses import Guesses
from clearway.check.program.calls.handing_over import HandingOver
from clearway.check.program.calls.hooks import Hooks
from clearway.check.program.calls.injection import Injection
from clearway.check.program.calls.namesakes import Namesakes
from clearway.check.program.calls.parameters import Parameters
from clearway.check.program.calls.passing_on import PassingOn
from clearway.check.program.code import serials
from clearway.check.program.evaluation.arguments import CallArguments
from clearway.check.program.evaluation.expressions import Expressions
from clearway.check.program.evaluation.instances import Instances
from clearway.check.program.evaluation.protocols import Protocols
from clearway.check.program.evaluation.results import Results
from clearway.check.program.evaluation.steps import Steps
from clearway.check.program.evaluation.unwrapped import Unwrapped
from clearway.check.program.facts.branches import Branches
from clearway.check.program.facts.facts import Facts
from clearway.check.program.facts.flags import Flags
from clearway.check.program.facts.once import Once
from clearway.check.program.facts.spread import Spread
from clearway.check.program.models.models import Models
from clearway.check.program.models.rows import Rows
from clearway.check.program.resolution.annotations import Annotations
from clearway.check.program.resolution.attributes import Attributes
from clearway.check.program.resolution.definitions import Definitions
from clearway.check.program.resolution.external_attributes import ExternalAttributes
from clearway.check.program.resolution.loader import Modules
from clearway.check.program.resolution.members import Members
from clearway.check.program.resolution.names import Names
from clearway.check.program.resolution.registries import Registries
from clearway.check.program.resolution.stores import Stores
from clearway.check.program.values import (
    MORE,
    MOST_VALUES,
    ConstantV,
    ExternalInstanceV,
    Frame,
    Value,
    Values,
)
from clearway.check.program.values.circles import Circles
from clearway.check.program.values.frames import Frames

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from clearway.check.engine import CallGraph
    from clearway.check.environment import Environment
    from clearway.check.program.values import InstanceV
    from clearway.check.program.values.effects import Effect, Step
    from clearway.check.project import Project
    from clearway.check.sinks import Library, Returned


class Program:
    """Joins the parts, and holds what all of them need.

    `graph` answers for calls that the parts cannot resolve themselves; None to go without.
    """

    def __init__(self, project: Project, environment: Environment, library: Library) -> None:
        serials.restart()
        self.library = library
        self.graph: CallGraph | None = None
        self.circles = Circles()
        self.flags = Flags(self)
        self.frames = Frames(self.flags.of)
        self.modules = Modules(self, project, environment)
        self.stores = Stores(self)
        self.names = Names(self)
        self.annotations = Annotations(self)
        self.definitions = Definitions(self)
        self.registries = Registries(self)
        self.attributes = Attributes(self)
        self.external_attributes = ExternalAttributes(self)
        self.members = Members(self)
        self.models = Models(self)
        self.parameters = Parameters(self)
        self.passing_on = PassingOn(self)
        self.construction = Construction(self)
        self.calls = Calls(self)
        self.externals = Externals(self)
        self.handing_over = HandingOver(self)
        self.rows = Rows(self)
        self.hooks = Hooks(self)
        self.namesakes = Namesakes(self)
        self.guesses = Guesses(self)
        self.containers = Containers(self)
        self.injection = Injection(self)
        self.spread = Spread(self)
        self.expressions = Expressions(self)
        self.arguments = CallArguments(self)
        self.instances = Instances(self)
        self.facts = Facts(self)
        self.branches = Branches(self)
        self.once = Once(self)
        self.protocols = Protocols(self)
        self.steps_of = Steps(self)
        self.results = Results(self)
        self.unwrapped = Unwrapped(self)

    def evaluate(self, node: ast.expr, frame: Frame) -> Values:
        """All that an expression may stand for, seen from a frame."""
        return self.expressions.evaluate(node, frame)

    def steps(self, frame: Frame) -> Sequence[Step]:
        """What the frame's code does when it runs, in the order in which it is written."""
        return self.steps_of.of(frame)

    def effects_of(self, node: ast.AST, frame: Frame) -> Sequence[Effect]:
        """What one expression or statement does, seen from a frame."""
        return self.steps_of.effects(node, frame)

    def calls_in(self, frame: Frame) -> int:
        """How many calls stand in the frame's own statements."""
        return self.steps_of.calls(frame)

    def iteration(self, values: Values) -> tuple[Effect, ...]:
        """What iterating over this to the end does."""
        return self.protocols.iteration(values)

    def entering(self, values: Values, *, asynchronous: bool = False) -> tuple[Effect, ...]:
        """What entering and leaving this context manager does."""
        return self.protocols.entering(values, asynchronous=asynchronous)

    def union(self, one: Values, other: Values) -> Values:
        """Both, unless that would say too much."""
        if not one or one == other:
            return other
        if not other:
            return one
        both = one | other
        if len(both) <= MOST_VALUES:
            return both
        # What is left out must not be taken for nothing; of text and numbers nothing is called.
        return one | {MORE} if any(map(_matters, other - one)) else one

    def returns(self, frame: Frame) -> Values:
        """What a function returns, a coroutine's result included."""
        return self.results.returns(frame)

    def yields(self, frame: Frame) -> Values:
        """What a generator yields."""
        return self.results.yields(frame)

    def returned(self, held: Returned, receiver: Value | None, arguments: Sequence[Values]) -> Values:
        """The values that library data means."""
        return self.results.returned(held, receiver, arguments)

    def part(self, values: Values, path: tuple[int, ...]) -> Values:
        """The part of a value that unpacking takes."""
        return self.unwrapped.part(values, path)

    def awaited(self, values: Values) -> Values:
        """What `await` gives."""
        return self.unwrapped.awaited(values)

    def awaited_or_same(self, values: Values) -> Values:
        """Values, with what must be awaited first awaited."""
        return self.unwrapped.awaited_or_same(values)

    def iterated(self, values: Values) -> Values:
        """What iterating gives, with `for` or `async for`."""
        return self.unwrapped.iterated(values)

    def entered(self, values: Values) -> Values:
        """What `with ... as` gives."""
        return self.unwrapped.entered(values)

    def special(self, value: InstanceV, method: str) -> Values:
        """What a special method of an object gives."""
        return self.unwrapped.special(value, method)

    def special_frames(self, value: InstanceV, method: str) -> list[Frame]:
        """The functions that a special method of an object runs."""
        return self.protocols.methods(value, method)


def _matters(value: Value) -> bool:
    """Whether something of the program's can be called, or done, by this value."""
    return not isinstance(value, ConstantV) and not (
        isinstance(value, ExternalInstanceV) and value.name.startswith("builtins.")
    )
