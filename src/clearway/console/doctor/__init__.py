"""The doctor: from what the workers have told, the one problem that costs most now, with its evidence and remedy."""

from __future__ import annotations

from clearway.console.doctor.diagnosis import Diagnosis, Problem
from clearway.console.doctor.doctor import Doctor, diagnose

__all__ = ["Diagnosis", "Doctor", "Problem", "diagnose"]
