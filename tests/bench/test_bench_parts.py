"""The parts of the benchmark that only calculate."""

import pytest

from bench import figures, load, report, targets, usage
from bench.peers import PEERS
from bench.workloads import BIG, HELLO, JINJA, QUICK, WORKLOADS


def sample(workload="hello c1", peer="holdfast", number=0, cpu=10.0, **more):
    return {"workload": workload, "peer": peer, "round": number, "requests": 1000, "seconds": 2.0,
            "p50_us": 100, "p99_us": 2500, "errors": {"status": 0, "timeout": 0},
            "cpu_us": {"python": cpu}, "front_us": 5.0, "machine_busy": 0.5, **more}


def alone(peer="holdfast", first=40.0, own=4 << 20):
    return {"peer": peer, "round": 0, "first_answer_ms": first, "first_process_pss": own,
            "idle_pss": {"python": 8 << 20}, "loaded_pss": {"python": 9 << 20, "holdfast": own}}


def result(samples, **more):
    return {"date": "2026-01-02 03:04 UTC", "command": "tests/bench/run", "machine": "2 cores",
            "versions": {"nginx": "1.22.1"}, "rounds": 3, "seconds": 2,
            "peers": {"holdfast": "Holdfast", "wfastcgi": "wfastcgi 3.0.0", "uwsgi": "uWSGI"},
            "workloads": ["hello c1", "hello c16"], "samples": samples, "alone": [],
            "left_out": [], **more}


# -- /proc ------------------------------------------------------------------

def test_cpu_counts_user_system_and_ended_children_whatever_the_name_is():
    numbers = " ".join(map(str, range(4, 53)))
    stat = f"77 (a) b) (c) S {numbers}"
    # fields 14 to 17 of proc(5)
    assert usage.cpu_seconds(stat) == (14 + 15 + 16 + 17) / usage.TICKS


def test_pss_is_the_line_of_that_very_name():
    rollup = ("55d0-7ffc ---p 00000000 00:00 0 [rollup]\nRss:  9000 kB\nPss:  1234 kB\n"
              "Pss_Dirty:  99 kB\n")
    assert usage.pss_bytes(rollup) == 1234 * 1024


def test_pss_of_a_process_without_memory_is_an_error():
    with pytest.raises(ValueError):
        usage.pss_bytes("Rss: 1 kB\n")


def test_busy_share_leaves_idle_and_waiting_out():
    before = "cpu  100 0 100 1000 50 0 0 0 0 0\ncpu0 1\n"
    after = "cpu  130 0 110 1050 60 0 0 0 0 0\ncpu0 1\n"
    assert usage.busy_share(before, after) == pytest.approx(40 / 100)
    assert usage.busy_share(before, before) == 0


# -- figures ----------------------------------------------------------------

def test_the_ratio_is_of_runs_in_the_same_round():
    # The machine was three times slower in round 1: the medians alone would say 3.
    samples = [sample(number=0, cpu=20), sample(number=1, cpu=60), sample(number=2, cpu=60),
               sample(peer="uwsgi", number=0, cpu=10), sample(peer="uwsgi", number=1, cpu=30),
               sample(peer="uwsgi", number=2, cpu=20)]
    assert figures.Figures(samples).ratio("hello c1", "holdfast", "uwsgi") == 2.0


def test_a_ratio_to_nothing_is_none():
    some = figures.Figures([sample(), sample(peer="uwsgi", cpu=0)])
    assert some.ratio("hello c1", "holdfast", "wfastcgi") is None
    assert some.ratio("hello c1", "holdfast", "uwsgi") is None


def test_medians_by_program_take_an_absent_one_as_nothing():
    samples = [sample(number=0, cpu_us={"holdfast": 4.0, "python": 2.0}),
               sample(number=1, cpu_us={"holdfast": 6.0})]
    assert figures.Figures(samples).programs("hello c1", "holdfast") == {
        "holdfast": 5.0, "python": 1.0}


def test_errors_are_summed_over_rounds_and_kinds():
    samples = [sample(errors={"status": 2, "read": 1}), sample(number=1, errors={"status": 4})]
    assert figures.Figures(samples).errors("hello c1", "holdfast") == 7


# -- wrk --------------------------------------------------------------------

def test_figures_are_read_from_the_midst_of_what_wrk_prints():
    text = "Running 1s test\n\nFIGURES {\"requests\": 5}\n\n  1 threads\n"
    assert load.figures(text) == {"requests": 5}


def test_wrk_without_figures_is_an_error_that_shows_its_output():
    with pytest.raises(RuntimeError, match="unable to connect"):
        load.figures("unable to connect to 127.0.0.1:1")


# -- targets ----------------------------------------------------------------

def by_name(samples, alone_ones=()):
    return {target.name: target for target in targets.targets(samples, list(alone_ones))}


def test_a_target_is_met_missed_or_not_measured():
    met = by_name([sample(cpu=8), sample(peer="wfastcgi", cpu=10)])
    assert met["CPU, hello c1, to wfastcgi"].met is True
    missed = by_name([sample(cpu=8.2), sample(peer="wfastcgi", cpu=10)])
    assert missed["CPU, hello c1, to wfastcgi"].met is False
    assert by_name([])["CPU, hello c1, to wfastcgi"].met is None


def test_start_and_memory_are_held_to_their_limits():
    rows = by_name([], [alone(first=61, own=9 << 20), alone(peer="uwsgi", first=1, own=1)])
    assert rows["first answer after start"].met is False
    assert rows["memory of the host process (PSS)"].measured == 9


def test_sleep_is_compared_with_the_best_of_the_others():
    rows = by_name([sample("sleep c64", requests=1200), sample("sleep c64", "uwsgi", requests=1000),
                    sample("sleep c64", "gunicorn", requests=1250),
                    sample("sleep c64", "holdfast-1", requests=9999)])
    assert rows["req/s, sleep c64, to the best peer"].measured == pytest.approx(0.96)
    assert rows["req/s, sleep c64, to the best peer"].met is False


# -- Markdown ---------------------------------------------------------------

def test_numbers_show_three_digits_and_absent_ones_a_dash():
    assert [report.number(value) for value in (None, 0, 1.234, 12.34, 123.4, 1234.5)] == [
        "–", "0.00", "1.23", "12.3", "123", "1,234"]


def test_a_table_has_a_rule_below_its_head():
    assert report.table(["", "a"], [["x", "1"]]) == "|  | a |\n|---|---:|\n| x | 1 |"


def test_the_report_shows_ratios_errors_and_what_was_left_out():
    text = report.Report(result(
        [sample(cpu=20), sample(peer="wfastcgi", cpu=40, errors={"status": 12})],
        left_out=[{"peer": "uwsgi", "what": "everything", "why": "no\nplugin"}])).markdown()
    assert "| Holdfast | 20.0 |" in text
    assert "| wfastcgi 3.0.0 | 40.0 **12 errors** |" in text
    assert "| Holdfast | 0.50 |" in text
    assert "**uWSGI** is left out of everything: no plugin" in text
    assert "hello c16" not in text.split("## Targets")[0]


def test_the_readme_has_ratios_to_wfastcgi_command_and_date():
    text = report.Report(result([sample(cpu=20), sample(peer="wfastcgi", cpu=40)],
                                alone=[alone()])).readme()
    assert "| Holdfast | 20.0 (0.50) |" in text
    assert "2026-01-02" in text and "`tests/bench/run`" in text
    assert "| Holdfast | 8.0 | 13.0 | 40 |" in text


# -- what is asked ----------------------------------------------------------

def test_answers_are_right_only_as_a_whole():
    assert HELLO.is_right(200, b"Hello, world!")
    assert not HELLO.is_right(200, b"Hello, world")
    assert not HELLO.is_right(500, b"Hello, world!")
    assert not BIG.is_right(200, b"x" * (BIG_BYTES - 1))
    assert not JINJA.is_right(200, b"")


BIG_BYTES = 1024 * 1024


def test_names_are_unique_and_can_stand_in_a_list():
    for known in (PEERS, WORKLOADS):
        names = [one.name for one in known]
        assert len(set(names)) == len(names)
        assert not any("," in name for name in names)
    assert set(QUICK) <= {workload.name for workload in WORKLOADS}
