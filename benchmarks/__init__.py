"""Clearway beside plain uvicorn: the same app, the same load, one run. `python -m benchmarks`."""
