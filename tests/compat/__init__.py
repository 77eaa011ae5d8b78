"""FastAPI's and Starlette's own test suites, with Clearway installed on every app that they create."""
