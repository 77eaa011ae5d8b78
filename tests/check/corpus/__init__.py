"""The public corpus: small services of every shape, each with what must be found written beside the code.

A case is one file below `cases/<group>/`. `case.py` says how it is written, `judge.py` how it is judged;
`python -m tests.check.corpus` runs all of them and prints a table.
"""

from __future__ import annotations
