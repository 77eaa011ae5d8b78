"""`python -m clearway` is the `clearway` command."""

from __future__ import annotations

import sys

from clearway.cli import main

if __name__ == "__main__":
    sys.exit(main())
