"""What one `clearway run` was asked for. Travels to worker and reloaded processes by pickle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearway.cli.planfile import UsedPlan, find_plan
from clearway.settings import Settings, usable_cores

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
    console_url: str | None = None
    """Where the parent's console listens, in a process that it has started."""
    frames_to: str | None = None
    """The socket at which that console takes frames."""
    record: Path | None = None
    """Where the process that has the console writes what it hears."""
    record_limit_mb: int = 0
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
        file = self._settings_file()
        settings = replace(Settings() if file is None else Settings.read(file), **self.overrides)
        if settings.processes is None and self.workers > 1:
            # Each serving process has a process lane of its own; together they have a worker a core.
            settings = replace(settings, processes=max(1, usable_cores() // self.workers))
        return settings

    def plan(self) -> UsedPlan:
        """The plan of `--plan`, else a fresh one in the working folder or beside the settings. Raises PlanError."""
        file = self._settings_file()
        beside = () if file is None else (file.parent,)
        return find_plan(self.plan_file, (Path.cwd(), *beside))

    def _settings_file(self) -> Path | None:
        return self.settings_file or Settings.locate(Path.cwd())
