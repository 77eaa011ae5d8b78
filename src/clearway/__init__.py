"""Keeps one endpoint of a FastAPI or Starlette service from freezing the others."""
