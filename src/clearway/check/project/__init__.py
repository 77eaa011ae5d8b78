"""Which files are checked, and by what module names they import each other."""

from __future__ import annotations

from clearway.check.project.layout import Project, SourceFile, find_project, project_root

__all__ = ["Project", "SourceFile", "find_project", "project_root"]
