"""A frame: code, seen in one of the ways in which it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function, Module, serials

if TYPE_CHECKING:
    from clearway.check.program.values.kinds import Value, Values


Code = Module | Class | Function
"""What has a scope of its own."""


class Frame:
    """A scope with what is known of its parameters: one way in which a function is called.

    Frames are made by `Frames.of`, which gives the same object for the same contents: they compare by identity.
    """

    __slots__ = ("arguments", "certain", "code", "depth", "parent", "receiver", "serial")

    def __init__(
        self,
        code: Code,
        arguments: tuple[tuple[str, Values], ...],
        receiver: Value | None,
        parent: Frame | None,
        certain: tuple[tuple[str, bool], ...] = (),
    ) -> None:
        self.code = code
        self.arguments = arguments
        self.receiver = receiver
        self.parent = parent
        self.certain = dict(certain)
        """Parameters of which the arguments are all that can be meant; True where only by default."""
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.serial = next(serials)

    @property
    def module(self) -> Module:
        return self.code if isinstance(self.code, Module) else self.code.module

    def argument(self, name: str) -> Values | None:
        for parameter, values in self.arguments:
            if parameter == name:
                return values
        return None

    def __repr__(self) -> str:
        return f"Frame({self.code!r}, {self.arguments!r})"
