"""The code as it is written: modules, classes and functions, their scopes, and how their statements go."""

from __future__ import annotations

from clearway.check.program.code.classes import Class
from clearway.check.program.code.functions import Function
from clearway.check.program.code.modules import Module
from clearway.check.program.code.serials import serials

__all__ = ["Class", "Function", "Module", "serials"]
