"""The safe edit for a finding, where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearway.check.reach import Hit
    from clearway.check.survey import Study
    from clearway.model import Fix


def fix_of_hit(study: Study, hit: Hit) -> Fix | None:
    """The edit that takes this operation off the loop."""
    del study, hit
    return None
