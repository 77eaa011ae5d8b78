"""What registers routes when it is called, or holds something that does: calls that hand it on must not be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values.kinds import ExternalInstanceV, ExternalV, FunctionV, InstanceV, ModelV, PartialV

if TYPE_CHECKING:
    from clearway.check.program.values.frame import Frame
    from clearway.check.program.values.kinds import Value


def registers(value: Value | None) -> bool:
    """Whether it is an app or a router, a method of one (`router.get`), or what that gave (`router.get("/x")`)."""
    match value:
        case ExternalInstanceV(site=site):
            return site is not None
        case InstanceV(site=site):
            return site is not None and not value.is_member
        case ExternalV(receiver=receiver):
            return registers(receiver)
        case FunctionV(bound=bound):
            return bound is not None and (registers(bound) or holds_router(bound))
        case PartialV(function=function, arguments=arguments):
            return registers(function) or any(registers(one) for values in arguments for one in values)
        case ModelV(name=name):
            return name == "registrar"
        case _:
            return False


def holds_router(value: Value | None) -> bool:
    """Whether it is an object that was made with one of these."""
    if not isinstance(value, InstanceV) or value.made_by is None:
        return registers(value)
    return registers(value) or any(_is_plain(one) for _, values in value.made_by.arguments for one in values)


def _is_plain(value: Value) -> bool:
    """Whether it registers itself, not by an object that it belongs to: this ends for objects in objects."""
    return not isinstance(value, FunctionV) and registers(value)


def is_given_router(frame: Frame) -> bool:
    """Whether a call that a function is defined in was given a router: a route decorator's own decorator."""
    return any(registers(value) for _, values in frame.arguments for value in values)


def may_register(value: Value) -> bool:
    """Whether it registers, or is registered."""
    return isinstance(value, FunctionV) or registers(value) or holds_router(value)
