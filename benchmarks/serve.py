"""The app with Clearway installed, for any ASGI server: what the command does, until there is the command."""

from __future__ import annotations

import clearway
from benchmarks.app import app
from clearway.settings import Settings

runtime = clearway.install(app, settings=Settings())
