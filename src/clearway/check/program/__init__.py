"""The program under check: its modules, and what its expressions may stand for, found without running it.

Bottom to top, each room importing only those above it in this list that it needs:

- `code`: the code as it is written. Modules, classes, functions, scopes, and how their statements go.
- `values`: what the program is followed with. Values, frames (one way in which a function is called), effects.
- `facts`: what is certain, and so which branches never run.
- `resolution`: what a name stands for. Modules, definitions, attributes, members, annotations.
- `models`: functions whose code is not read, Python's own and libraries', where data says too little.
- `calls`: what a call gives and does, of the program's functions and of libraries'.
- `evaluation`: what expressions stand for, and what statements do, in the order in which they run.
- `program`: joins them. Following a program is one recursion through all of the rooms: what a room asks of another as
  it runs goes through `Program`, whose type is all that it knows of it.
"""

from __future__ import annotations
