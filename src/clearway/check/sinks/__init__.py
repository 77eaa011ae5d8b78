"""What is known of libraries: which operations block, what calls return, which functions hand work elsewhere.

The knowledge is data, a file a library family in `sinks/data`. Names are dotted, as a program that imports the
library would write them: `requests.get`, `requests.Session.get`. A method is named through its class.
"""

from __future__ import annotations

from clearway.check.sinks.library import Library
from clearway.check.sinks.types import Offload, Returned, Schedule, SinkEntry, Unless

__all__ = ["Library", "Offload", "Returned", "Schedule", "SinkEntry", "Unless"]
