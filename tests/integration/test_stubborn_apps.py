"""Apps that hang where nobody waits for an answer, or that defend themselves: they get their
deadline all the same, the host ends in time, and nothing of them is left."""

import signal

import pytest

from support import fcgi_client as fcgi
from support import proc
from support.holdfast_process import HoldfastProcess
from support.paths import VENV_PYTHON
from support.waiting import wait_until

pytestmark = pytest.mark.sanitized

LIMIT = "server: {request_timeout: 1500ms, stop_timeout: 2s}\n"


def replaced(site, old):
    wait_until(lambda: not proc.is_alive(old), "the old worker is gone")
    new, = site.host.wait_for_workers(1)
    assert site.get("/").text == str(new) != str(old)


@pytest.mark.parametrize("path, frame", [("/close/hangs", "in close"), ("/last/hangs", "in last")])
def test_an_app_that_hangs_behind_its_last_chunk(serve, path, frame):
    site = serve("scarce", settings=LIMIT)
    worker, = site.host.workers()
    with site.connect() as connection:
        connection.start(fcgi.params(path), flags=0)
        connection.send_stdin(b"")
        with pytest.raises(fcgi.ConnectionCut):
            connection.read_answer()
        assert connection.answers[1].body == b"all of it"
    site.host.wait_for_log(frame)
    replaced(site, worker)


@pytest.mark.parametrize("path", ["/mute", "/default", "/close_stacks"])
def test_an_app_that_cannot_be_asked_for_its_stacks(serve, path):
    site = serve("scarce", settings=LIMIT)
    worker, = site.host.workers()
    assert site.get(path).status == 504
    site.host.wait_for_log(r"cannot be told: it does not react to anything")
    replaced(site, worker)


def test_a_worker_whose_time_to_finish_is_over_before_it_has_told_its_stacks(serve):
    site = serve("scarce", settings="server: {request_timeout: 500ms, stop_timeout: 500ms}\n")
    worker, = site.host.workers()
    assert site.get("/mute").status == 504
    site.host.wait_for_log(r"cannot be told: it does not react to anything")
    replaced(site, worker)


def test_an_import_is_not_ended_by_the_question_where_it_is(serve):
    """An app may set all signals back to what they do by themselves: end a process."""
    def prepare(root):
        (root / "slow.py").write_text(
            "import os, signal, time\n"
            "signal.signal(signal.SIGRTMIN + 9, signal.SIG_DFL)\n"
            "while not os.path.exists('go'): time.sleep(0.02)\n"
            "from hello import app\n")
    site = serve("hello", handler="slow.app", settings=LIMIT, ready=False, prepare=prepare)
    site.host.wait_for_log("still being imported")
    site.touch("go")
    site.host.wait_for_workers(1)
    assert not site.host.log_matches("SIGRT|signal 43")


@pytest.mark.parametrize("path", ["/exit/hangs", "/pool/hangs", "/terms/ignored"])
@pytest.mark.parametrize("how", ["reload", "stop"])
def test_a_worker_that_does_not_want_to_end(serve, path, how):
    site = serve("scarce", settings=LIMIT)
    worker, = site.host.workers()
    assert site.get(path).text == str(worker)
    if how == "reload":
        site.host.process.send_signal(signal.SIGHUP)
        replaced(site, worker)
    site.host.stop()


@pytest.mark.parametrize("path, code", [("/child", 3), ("/thread_exits", 9)])
def test_a_worker_that_leaves_somebody_or_nothing(serve, path, code):
    site = serve("scarce", settings=LIMIT)
    worker, = site.host.workers()
    assert site.get(path).status == 502
    site.host.wait_for_log(f"worker {worker}: died: exit code {code}")
    replaced(site, worker)
    wait_until(lambda: len(site.host.all_pids()) <= 3, "host, guard and worker are left")


def test_an_app_that_hardly_lets_others_run(serve):
    """A thread that spins, with the interpreter told not to change threads."""
    site = serve("scarce", settings=LIMIT)
    worker, = site.host.workers()
    assert site.get("/switches").status in (200, 504)
    site.get("/")
    replaced(site, worker)


def test_signals_in_a_storm(serve):
    """A hundred SIGHUPs under requests: none is lost, and it ends with one worker."""
    site = serve("hello", workers=2)
    for _ in range(100):
        site.host.process.send_signal(signal.SIGHUP)
        assert site.get("/").status == 200
    site.host.wait_for_log("the new code serves now")
    wait_until(lambda: len(site.host.workers()) == 2, "two workers are left")
    assert not site.host.log_matches("ERROR")


def test_the_number_of_workers_goes_up_and_down(sites):
    folder = sites.new_folder()
    root = sites.copy_app("hello", folder / "site")
    address = f"unix:{folder}/fcgi"

    def set_workers(count):
        (root / "holdfast.yaml").write_text(
            f"server: {{listen: '{address}', workers: {count}}}\n"
            f"app: {{handler: hello.app, python: {VENV_PYTHON}}}\n")

    set_workers(1)
    host = HoldfastProcess(["serve", "--app-root", root], folder)
    try:
        host.wait_for_workers(1)
        for turn, count in enumerate((4, 1, 3), start=1):
            set_workers(count)
            host.process.send_signal(signal.SIGHUP)
            wait_until(lambda: fcgi.get(address).text == "Hello world!"
                       and len(host.log_matches("new code serves now")) >= turn, "others serve")
            wait_until(lambda: len(host.workers()) == count, f"{count} workers are left")
        assert not host.log_matches("ERROR")
        host.stop()
    finally:
        host.kill_leftovers()


def test_new_code_that_does_not_start_is_tried_ever_more_slowly_under_load(serve):
    """That the old workers answer says nothing of the new code."""
    site = serve("hello")
    (site.root / "hello.py").write_text("raise RuntimeError('broken')\n")

    def tries():
        assert site.get("/").status == 200
        return [int(m[1]) for m in site.host.log_matches(r"Next try in (\d+) ms")]
    wait_until(lambda: len(tries()) >= 4, "it has been tried four times", interval=0)
    assert tries()[:4] == [100, 200, 400, 800]


def test_every_worker_serves_one_request(serve):
    site = serve("hello", settings="server: {recycle_after: 1}\n", workers=2)
    for _ in range(40):
        assert site.get("/").status == 200
    wait_until(lambda: len(site.host.workers()) == 2, "two workers are left")
    assert not site.host.log_matches("ERROR")


def test_a_stop_in_the_middle_of_a_question_for_stacks(serve):
    site = serve("hanging", settings="server: {request_timeout: 500ms, stop_timeout: 1s}\n")
    with site.connect() as connection:
        connection.start(fcgi.params("/gil"))
        connection.send_stdin(b"")
        assert connection.read_answer().status == 504
        site.host.stop()
