"""A check that is answered from the cache where nothing has changed; only else the analysis is so much as imported."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from clearway.check.cache.results import Results, key_of
from clearway.check.cache.store import CacheError, Store, cache_folder
from clearway.check.result import Looked, Result

if TYPE_CHECKING:
    from clearway.check.request import Request


def check(request: Request) -> Result:
    """Carry out a check, as `clearway.check.analysis.check` does. Raises ClearwayError for what cannot be done."""
    started, read_ns = time.perf_counter(), time.time_ns()
    folder = cache_folder() if request.use_cache else None
    if folder is None:
        return _analysed(request, None)
    store, key = Store(folder), key_of(request)
    results = Results(store)
    warnings: tuple[str, ...] = ()
    try:
        known = results.find(key)
        if known is not None:
            return replace(known, seconds=round(time.perf_counter() - started, 3))
    except CacheError as error:
        warnings = (str(error),)
    looked = Looked()
    result = _analysed(request, looked, (store, key))
    try:
        results.keep(key, result, looked, read_ns)
    except CacheError as error:
        warnings = (str(error),)
    return replace(result, warnings=(*result.warnings, *warnings))


def _analysed(request: Request, looked: Looked | None, kept: tuple[Store, str] | None = None) -> Result:
    from clearway.check import analysis

    return analysis.check(request, looked=looked, kept=kept)
