"""What one `clearway run` was asked for. Travels to worker and reloaded processes by pickle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearway.model import Plan
from clearway.settings import Settings

if TYPE_CHECKING:
    from clearway.cli.address import Address
    from clearway.cli.target import Target


@dataclass(frozen=True, slots=True)
class RunOptions:
    target: Target
    factory: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    settings_file: Path | None = None
    overrides: dict[str, Any] = field(default_factory=dict)
    """Fields of Settings that the command line sets."""
    plan_file: Path | None = None
    console: Address | None = None
    console_may_move: bool = True
    """Whether a taken console port means the next one; not where the user asked for this very port."""
    console_token: str | None = None
    loop: str = "auto"
    grace_s: float = 30.0
    workers: int = 1
    reload: bool = False
    access_log: bool = True
    verbose: bool = False
    root_path: str = ""
    proxy_headers: bool = True
    forwarded_allow_ips: str | None = None

    def settings(self) -> Settings:
        """The settings file with the command line's values over it. Raises SettingsError."""
        file = self.settings_file
        settings = Settings.load(Path.cwd()) if file is None else Settings.read(file)
        return replace(settings, **self.overrides)

    def plan(self) -> Plan | None:
        """Raises PlanError."""
        return None if self.plan_file is None else Plan.load(self.plan_file)
