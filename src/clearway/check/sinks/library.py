"""All data files as one thing to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clearway.check.sinks.types import Offload, Returned, Schedule, SinkEntry
    from clearway.settings import SinkSetting


class Library:
    """Answers by dotted name. Asking is cheap: it happens for every call that is reached."""

    @classmethod
    def load(
        cls,
        sinks: Mapping[str, SinkSetting] | None = None,
        safe: Sequence[str] = (),
        offloaders: Sequence[str] = (),
    ) -> Library:
        """The packaged data and what the user adds (`[tool.clearway]` sinks, safe, offloaders)."""
        raise NotImplementedError

    def canonical(self, name: str) -> str:
        """The one name of an object that a library exports under several: `sqlalchemy.orm.Session` for
        `sqlalchemy.orm.session.Session`. Holds for the object's attributes as well. A name without another stays.
        """
        raise NotImplementedError

    def sink(self, name: str) -> SinkEntry | None:
        """The entry for a function, class (its constructor) or method; a method is looked up through the bases."""
        raise NotImplementedError

    def covers(self, name: str) -> bool:
        """Whether a family, or the standard library's data, speaks for the package of this name: what has no entry
        is then known not to block, and its body is not read.
        """
        raise NotImplementedError

    def is_class(self, name: str) -> bool:
        """Whether data names this as a class."""
        raise NotImplementedError

    def bases(self, name: str) -> tuple[str, ...]:
        """Base classes of a library's class, nearest first, as far as data says."""
        raise NotImplementedError

    def returns(self, name: str) -> Returned | None:
        """What calling this function or method gives; None where data does not say. A class gives its instance."""
        raise NotImplementedError

    def attribute(self, name: str) -> Returned | None:
        """What an attribute `Class.attribute` or `module.attribute` holds; None where data does not say."""
        raise NotImplementedError

    def offload(self, name: str) -> Offload | None:
        """How this function takes another off the loop; None where it does not."""
        raise NotImplementedError

    def schedule(self, name: str) -> Schedule | None:
        """How this function has another run by the loop; None where it does not."""
        raise NotImplementedError
