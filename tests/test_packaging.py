"""The wheel: what a user installs has the console's page in it."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent


def test_the_consoles_page_is_in_the_wheel(tmp_path: Path) -> None:
    """Also where the page has not been built here: its files are those of a build that stands for it."""
    project = tmp_path / "project"
    assets = project / "src/clearway/web_assets/assets"
    assets.mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, project / name)
    for path in (ROOT / "src/clearway").glob("*.py"):
        shutil.copy(path, project / "src/clearway")
    (assets.parent / "index.html").write_text("<title>Clearway</title>")
    (assets / "index-1a2b3c.js").write_text("hello()")
    (wheel,) = WheelBuilder(str(project)).build(directory=str(tmp_path / "dist"), versions=["standard"])
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"clearway/web_assets/index.html", "clearway/web_assets/assets/index-1a2b3c.js"} <= names
