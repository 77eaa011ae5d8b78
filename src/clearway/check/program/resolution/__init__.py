"""What a name stands for: modules, definitions, attributes, annotations."""

from __future__ import annotations
