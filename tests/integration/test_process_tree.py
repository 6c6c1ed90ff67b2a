"""No child outlives the host, however it ends."""

import os
import signal
import subprocess

import pytest

from support import fcgi_client as fcgi
from support import proc
from support.waiting import wait_until

pytestmark = pytest.mark.sanitized


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("kind", ["child", "detached", "stubborn"])
def test_stopping_takes_the_whole_tree(serve, kind, number):
    site = serve("spawns", workers=2)
    child = int(site.get(f"/{kind}").text)
    assert proc.is_alive(child)
    site.host.stop(number)
    assert not proc.is_alive(child)


@pytest.mark.parametrize("kind", ["child", "detached", "stubborn"])
def test_killing_the_host_takes_the_whole_tree(serve, kind):
    site = serve("spawns", workers=2)
    child = int(site.get(f"/{kind}").text)
    everybody = [child, *site.host.workers()]
    site.host.process.send_signal(signal.SIGKILL)
    site.host.process.wait()
    proc.wait_gone(everybody, "the tree of a killed host is gone")
    wait_until(lambda: not site.host.all_pids(), "nothing of the host is left")


@pytest.mark.parametrize("kind", ["child", "detached"])
def test_a_worker_that_dies_takes_its_children_along(serve, kind):
    site = serve("spawns")
    worker, = site.host.workers()
    child = int(site.get(f"/{kind}").text)
    os.kill(worker, signal.SIGKILL)
    proc.wait_gone([child], "the dead worker's child is gone")
    site.host.wait_for_workers(1)
    assert site.get(f"/{kind}").status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_lets_requests_finish(serve, number):
    site = serve("waiting", threads=2)
    with site.connect() as connection:
        connection.start(fcgi.params("/wait", query="release"))
        connection.send_stdin(b"")
        wait_until((site.root / "waiting.log").exists, "the request is in the app")
        site.host.process.send_signal(number)
        wait_until(lambda: refused(site), "no new connection is taken")
        site.touch("release")
        assert connection.read_answer().text.startswith("done")
    assert site.host.wait_exit() == 0


def refused(site):
    try:
        site.connect().close()
        return False
    except (ConnectionRefusedError, FileNotFoundError):
        return True


def test_stopping_while_a_start_goes_on(serve):
    site = serve("failing_import", handler="endless.app", ready=False)
    (site.root / "endless.py").write_text("import time\ntime.sleep(1000)\n")
    wait_until(lambda: len(site.host.all_pids()) > 1, "a worker starts")
    site.host.stop()


def test_stopping_while_starts_fail(serve):
    site = serve("failing_import", handler="raises.app", ready=False)
    site.host.wait_for_log("handler file is raising")
    site.host.stop()


def test_stopping_at_once(serve):
    site = serve("hello", ready=False)
    site.host.stop()


def test_a_second_signal_does_not_wait_for_requests(serve):
    site = serve("waiting", settings="server: {stop_timeout: 1h}\n")
    with site.connect() as connection:
        connection.start(fcgi.params("/wait", query="never"))
        connection.send_stdin(b"")
        wait_until((site.root / "waiting.log").exists, "the request is in the app")
        site.host.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refused(site), "no new connection is taken")
        site.host.process.send_signal(signal.SIGTERM)
        assert site.host.wait_exit() == 0
        assert not site.host.log_matches("time to stop was over")
    wait_until(lambda: not site.host.all_pids(), "nothing of the host is left")


def test_what_runs_when_the_time_to_stop_is_over_is_cut(serve):
    """By killing it: a thread that sleeps hears nothing milder."""
    site = serve("hanging", settings="server: {stop_timeout: 2s}\n")
    with site.connect() as connection:
        connection.start(fcgi.params("/begun"))
        connection.send_stdin(b"")
        connection.read_until(b"first")
        site.host.process.send_signal(signal.SIGTERM)
        assert site.host.wait_exit() == 0
    site.host.wait_for_log("time to stop was over")
    site.host.wait_for_log("The site was stopped before the answer was complete")
    site.host.wait_for_log(r"stopped \(killed by signal 9")
    assert not site.host.all_pids()


def test_idle_connections_do_not_keep_a_host_from_stopping(serve):
    site = serve("hello")
    connections = [site.connect() for _ in range(20)]
    for connection in connections[::2]:
        assert connection.get("/").status == 200
    site.host.stop()
    for connection in connections:
        assert connection.is_closed_by_peer()


def test_a_terminal_interrupt_reaches_host_and_workers_alike(serve):
    """Ctrl-C goes to the whole foreground group; the host must still end well."""
    site = serve("hello", workers=2, start_new_session=True)
    os.killpg(site.host.pid, signal.SIGINT)
    assert site.host.wait_exit() == 0
    assert not site.host.all_pids()
    assert "Traceback" not in site.host.log


def test_zombies_are_collected(serve):
    """The host adopts what its workers leave behind, and does not keep the dead."""
    site = serve("spawns")
    child = int(site.get("/detached").text)
    os.kill(child, signal.SIGKILL)
    wait_until(lambda: not os.path.exists(f"/proc/{child}"), "the dead are collected")
    done = subprocess.run(["ps", "--ppid", str(site.host.pid), "-o", "stat="],
                          capture_output=True, text=True)
    assert "Z" not in done.stdout
