"""What calls do: of the program's functions, of libraries, and what frameworks call by themselves."""

from __future__ import annotations
