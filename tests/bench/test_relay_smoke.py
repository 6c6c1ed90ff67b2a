"""The relays' benchmark, as short as can be: what comes out, never how fast; and its sums."""

import json
import subprocess
import sys

from bench.relay_report import relay_targets
from support.paths import HOLDFAST, ROOT


def test_a_quick_run_of_ours(tmp_path):
    file = tmp_path / "relay.json"
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "bench" / "relay"), "--quick", "--only", "holdfast",
         "--binary", str(HOLDFAST), "--json", str(file)],
        capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stderr
    (sample,) = json.loads(file.read_text())["samples"]
    assert sample["round_trip_us"] > 0 and sample["bytes_per_second"] > 0
    assert "throughput" in done.stdout


def test_ours_is_compared_with_the_better_of_the_others():
    def sample(peer, number, trip, rate):
        return {"peer": peer, "round": number, "round_trip_us": trip, "bytes_per_second": rate}

    samples = [sample("holdfast", 0, 30, 80), sample("socat", 0, 20, 100),
               sample("websocat", 0, 60, 40), sample("holdfast", 1, 300, 8),
               sample("socat", 1, 200, 10), sample("websocat", 1, 600, 4)]
    trip, rate = relay_targets(samples)
    assert (trip.measured, trip.met) == (1.5, False)
    assert (rate.measured, rate.met) == (0.8, True)


def test_alone_ours_is_compared_with_nothing():
    assert [target.met for target in relay_targets([])] == [None, None]
