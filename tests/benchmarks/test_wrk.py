from __future__ import annotations

import pytest

from benchmarks import wrk

QUIET = """\
Running 3s test @ http://127.0.0.1:8000/async/
  1 threads and 100 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     8.07ms    1.21ms  25.32ms   88.21%
    Req/Sec    12.40k   612.11    13.30k    76.67%
  Latency Distribution
     50%  635.91us
     75%    8.21ms
     90%    9.05ms
     99%   12.92ms
  37011 requests in 3.00s, 5.44MB read
Requests/sec:  12326.98
Transfer/sec:      1.81MB
"""

TROUBLED = """\
Running 1m test @ http://127.0.0.1:8000/def-100ms/
  1 threads and 1000 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.19s   535.94ms   1.99s    58.62%
    Req/Sec   395.07     63.38   454.00     92.86%
  Latency Distribution
     50%    1.19s\x20
     75%    1.61s\x20
     90%    1.91s\x20
     99%    1.00m\x20
  21043 requests in 1.00m, 270.22KB read
  Socket errors: connect 1, read 2, write 3, timeout 1261
  Non-2xx or 3xx responses: 17
Requests/sec:    350.72
Transfer/sec:     66.83KB
"""


def test_reads_rates_and_latencies_in_seconds() -> None:
    load = wrk.parse(QUIET)
    assert (load.requests, load.seconds, load.requests_per_s) == (37011, 3.0, 12326.98)
    assert load.p50_s == pytest.approx(635.91e-6)
    assert load.p99_s == pytest.approx(12.92e-3)


def test_no_error_lines_mean_no_errors() -> None:
    load = wrk.parse(QUIET)
    assert (load.errors, load.timeouts) == (0, 0)


def test_reads_timeouts_and_every_kind_of_error() -> None:
    load = wrk.parse(TROUBLED)
    assert load.timeouts == 1261
    assert (load.connect_errors, load.read_errors, load.write_errors, load.bad_statuses) == (1, 2, 3, 17)
    assert load.errors == 23


def test_reads_latencies_in_seconds_and_minutes_with_blanks_behind_them() -> None:
    load = wrk.parse(TROUBLED)
    assert (load.p50_s, load.p99_s, load.seconds) == (1.19, 60.0, 60.0)


@pytest.mark.parametrize("output", ["", "unable to connect to 127.0.0.1:8000 Connection refused\n"])
def test_says_what_it_cannot_read(output: str) -> None:
    with pytest.raises(wrk.WrkError, match="cannot read what wrk printed"):
        wrk.parse(output)


def test_says_that_the_distribution_is_missing() -> None:
    without = QUIET.replace("     99%   12.92ms\n", "")
    with pytest.raises(wrk.WrkError, match="no 99 % latency"):
        wrk.parse(without)


def test_a_missing_wrk_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(wrk.WrkError, match="apt install wrk"):
        wrk.require_wrk()
