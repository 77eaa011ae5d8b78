"""The code as it is written: modules, classes and functions, their scopes, and how their statements go."""

from __future__ import annotations

from clearway.check.program.code.modules import Class, Function, Module, serials

__all__ = ["Class", "Function", "Module", "serials"]
