"""The whole benchmark, as short as can be: what comes out, never how fast."""

import json
import subprocess
import sys

import pytest

from support.paths import HOLDFAST, ROOT

RUN = ROOT / "tests" / "bench" / "run"


def run(*arguments):
    return subprocess.run([sys.executable, str(RUN), *map(str, arguments)],
                          capture_output=True, text=True, timeout=170)


@pytest.mark.slow
def test_a_quick_run_of_two_peers_gives_markdown_and_json(tmp_path):
    file = tmp_path / "bench.json"
    done = run("--quick", "--only", "holdfast,wfastcgi", "--workloads", "hello c16",
               "--binary", HOLDFAST, "--json", file)
    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    assert result["left_out"] == []
    assert {(s["peer"], s["workload"]) for s in result["samples"]} == {
        ("holdfast", "hello c16"), ("wfastcgi", "hello c16")}
    for sample in result["samples"]:
        assert sample["requests"] > 0
        assert sum(sample["errors"].values()) == 0
        assert sample["front_us"] >= 0
    ours = next(s for s in result["samples"] if s["peer"] == "holdfast")
    assert {"holdfast", "python"} <= set(ours["cpu_us"])
    assert {one["peer"] for one in result["alone"]} == {"holdfast", "wfastcgi"}
    assert "## CPU, × wfastcgi" in done.stdout
    assert "## Targets" in done.stdout
    again = run("--from", file)
    assert again.stdout == done.stdout


def test_an_unknown_peer_is_refused_with_the_names_that_there_are():
    done = run("--only", "holdfast,nosuch")
    assert done.returncode == 2
    assert "there is no nosuch" in done.stderr and "uwsgi" in done.stderr


def test_help_names_peers_workloads_and_examples():
    done = run("--help")
    assert done.returncode == 0
    words = " ".join(done.stdout.split())
    for word in ("wfastcgi 3.0.0", "hello c16 kept", "examples:", "--readme"):
        assert word in words
