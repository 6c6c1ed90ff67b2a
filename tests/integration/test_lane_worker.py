"""A worker of the debug lane: its bootstrap with each engine, without a host and without a
channel; a debugger attaches straight to the engine's port."""

import contextlib
import os
import re
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest

from support import proc
from support.engines import ENDS, KINDS
from support.lane_worker import LaneWorker
from support.paths import APPS, VENV_PYTHON
from support.waiting import DEADLINE, wait_until

FILE = APPS / "debuggee.py"
#: Name of a breakpoint -> its line.
LINES = {match[1]: number for number, line in enumerate(FILE.read_text().splitlines(), 1)
         if (match := re.search(r"# @bp (\w+)", line))}


@contextlib.contextmanager
def worker_of(engine, **settings):
    worker = LaneWorker(engine.interpreter, engine=engine.name, **settings)
    try:
        yield worker
    except BaseException:
        print(worker.output.decode(errors="replace"))
        raise
    finally:
        worker.close()


@pytest.fixture(scope="module", params=ENDS, ids=str)
def worker(request):
    with worker_of(request.param) as one:
        one.kind = request.param
        yield one.ready()


@contextlib.contextmanager
def attached(worker, *marks, **more):
    client = worker.client()
    try:
        client.attach([(FILE, [LINES[mark] for mark in marks])] if marks else [], **more)
        yield client
    finally:
        leave(client)


def leave(client):
    """After a goodbye the adapter of debugpy 1.8 closes the connection, and needs a moment more: a
    client that comes before it has ended the session makes it deaf for good."""
    client.response(client.send("disconnect", restart=False, terminateDebuggee=False))
    if client.events("debugpySockets"):
        client.wait_for_end()
        time.sleep(0.3)
    client.close()


def stop_at(worker, client, target="/stop?4", **more):
    worker.ask(target, **more)
    return client.stopped("breakpoint")


# -- what is seen ----------------------------------------------------------

@pytest.mark.parametrize("just_my_code", [True, False])
def test_only_the_app_is_seen(worker, just_my_code):
    with attached(worker, "app", justMyCode=just_my_code) as client:
        thread = stop_at(worker, client)
        assert [frame["name"] for frame in client.stack(thread)] == ["stop", "app"]
        assert sorted(client.threads().values()) == ["GET /stop", "MainThread"]
        main = next(number for number, name in client.threads().items() if name == "MainThread")
        sources = [frame["source"].get("path", "") for frame in client.stack(main)]
        assert not [path for path in sources if not path.endswith("threading.py")]
        client.go_on(thread)
        assert worker.answer() == "doubled: 8 one"


def test_an_engine_leaves_no_trace_in_the_environment(worker):
    with attached(worker, "app") as client:
        thread = stop_at(worker, client)
        frame = client.top(thread)["id"]
        for name in ("PYDEVD_UNBLOCK_THREADS_TIMEOUT", "PYDEVD_DISABLE_FILE_VALIDATION"):
            assert client.evaluate(f"'{name}' in os.environ", frame) == "False"
        client.go_on(thread)
        worker.answer()


# -- places ----------------------------------------------------------------

@pytest.mark.parametrize("mark, target, stops, said", [
    ("generator", "/generator", 2, "line 0\nline 1\n"), ("close", "/closing", 1, "to be closed"),
    ("thread", "/thread", 1, "from a thread")])
def test_a_breakpoint_stops(worker, mark, target, stops, said):
    with attached(worker, mark) as client:
        worker.ask(target)
        for _ in range(stops):
            thread = client.stopped("breakpoint")
            assert client.top(thread)["line"] == LINES[mark]
            client.go_on(thread)
        assert worker.answer() == said


@pytest.mark.parametrize("engine", ENDS, ids=str)
def test_the_import_waits_for_a_debugger(engine):
    with worker_of(engine, wait="1") as worker:
        worker.port = worker.engine()[2]
        with attached(worker, "import") as client:
            thread = client.stopped("breakpoint")
            stack = client.stack(thread)
            assert stack[0]["line"] == LINES["import"]
            assert {frame["source"]["path"] for frame in stack} == {str(FILE)}
            client.go_on(thread)
            worker.told("READY")
            assert worker.get("/stop?4") == "doubled: 8 one"


# -- steps -----------------------------------------------------------------

@pytest.mark.parametrize("just_my_code", [True, False])
@pytest.mark.parametrize("mark, target, said", [
    ("after", "/stop?4", "doubled: 8 one"), ("generator", "/generator", "line 0\nline 1\n"),
    ("close", "/closing", "to be closed")])
@pytest.mark.parametrize("step", ["next", "stepIn", "stepOut"])
def test_steps_off_the_end_disturb_nobody(worker, mark, target, said, just_my_code, step):
    with attached(worker, mark, justMyCode=just_my_code) as client:
        thread = stop_at(worker, client, target)
        client.set_breakpoints(FILE, [])
        for _ in range(30):
            assert client.top(thread)["source"]["path"] == str(FILE)
            client.request(step, threadId=thread)
            wait_until(lambda: worker.has_answered() or client.untaken("stopped"),
                       "a stop or the end")
            if not client.untaken("stopped"):
                break
            assert client.stopped() == thread  # ptvsd calls the end of a stepOut a pause
        assert worker.answer() == said
        for number in range(8):
            assert worker.get("/stop?5", slot=number % 2) == "doubled: 10 one"
        assert not client.untaken("stopped")


# -- a hold ----------------------------------------------------------------

def test_the_control_thread_answers_during_a_hold(worker):
    with attached(worker, "app") as client:
        thread = stop_at(worker, client)
        stacks = worker.stacks(deadline=1)
        assert [(slot, name) for slot, name, _ in stacks[:2]] == [
            ("0", "GET /stop"), ("1", "holdfast-slot-1")]
        assert "doubled = twice(number)  # @bp app\n" in stacks[0][2]
        assert stacks[1][2] == "", "that slot is idle"
        assert [name for _, name, _ in stacks[2:]] == ["MainThread"], "the engine's are not told"
        client.go_on(thread)
        worker.answer()


def test_a_client_that_leaves_is_known_in_a_hold(worker):
    with attached(worker, "generator") as client:
        serial = worker.ask("/generator")
        thread = client.stopped("breakpoint")
        worker.abort(0, serial)
        worker.stacks()  # so that it has been read
        client.go_on(thread)
        assert worker.answer() == ""
        assert len(client.events("stopped")) == 1, "the generator is not asked for more"


def test_the_body_is_read_at_a_breakpoint(worker):
    with attached(worker, "read") as client:
        thread = stop_at(worker, client, "/read", body=b"x" * 5000)
        frame = client.top(thread)["id"]
        assert client.evaluate("len(environ['wsgi.input'].read())", frame) == "5000"
        client.go_on(thread)
        assert worker.answer() == "5000 bytes"


def test_what_a_request_prints_at_a_breakpoint_is_its_own(worker):
    with attached(worker, "app") as client:
        serial = worker.ask("/stop?4")
        thread = client.stopped("breakpoint")
        client.evaluate("print('said %d' % number)", client.top(thread)["id"])
        tag = b"\x1etoken:0:%d\x1esaid 4\n" % serial
        wait_until(lambda: tag in worker.output, "the line with its tag")
        client.go_on(thread)
        worker.answer()


@pytest.mark.parametrize("engine", ENDS, ids=str)
def test_it_lets_go_when_told_so(engine):
    """Also where the debugger that held it has vanished."""
    with worker_of(engine) as worker:
        client = worker.ready().client().attach([(FILE, [LINES["app"]])])
        stop_at(worker, client)
        client.stream.reset()
        worker.control.send("LET_GO")
        assert worker.answer() == "doubled: 8 one"
        assert worker.get("/stop?4") == "doubled: 8 one", "no breakpoint stayed"


@pytest.mark.parametrize("engine", [e for e in ENDS if e.name == "debugpy"], ids=str)
def test_it_lets_go_although_its_adapter_is_frozen(engine, tmp_path):
    file = Path(shutil.copy(FILE, tmp_path))
    with worker_of(engine, folder=tmp_path) as worker:
        client = worker.ready().client().attach([(file, [LINES["app"]])])
        stop_at(worker, client)
        adapter, = [pid for pid in proc.all_pids() if "--for-server" in proc.command_line(pid)
                    and os.readlink(f"/proc/{pid}/cwd") == str(tmp_path)]
        os.kill(adapter, signal.SIGSTOP)
        worker.control.send("LET_GO")
        assert worker.answer() == "doubled: 8 one"
        proc.wait_gone([adapter], "the adapter has been ended")
        assert worker.get("/stop?4") == "doubled: 8 one"
        client.close()


# -- exceptions ------------------------------------------------------------

def test_an_error_that_the_app_lets_through_stops_once(worker):
    if worker.kind.name != "debugpy" or int(worker.kind.python.split(".")[1]) < 11:
        pytest.skip("this engine cannot tell user-unhandled exceptions here")
    with attached(worker, exceptions=["userUnhandled"]) as client:
        worker.ask("/error")
        thread = client.stopped("exception")
        assert client.top(thread)["line"] == LINES["error"]
        client.go_on(thread)
        assert worker.answer().endswith("ValueError: let through\n")
        assert worker.get("/stop?4") == "doubled: 8 one"
        assert len(client.events("stopped")) == 1


# -- children --------------------------------------------------------------

@pytest.mark.parametrize("target, said", [
    ("/subprocess", "from a child"), ("/fork", "from a fork"),
    ("/fork_that_returns", "from the parent"), ("/pool?fork", "42"), ("/pool?spawn", "42"),
    ("/pool?forkserver", "42")])
def test_children_of_the_app_work(worker, target, said):
    with attached(worker, "app") as client:
        assert worker.get(target) == said
        thread = stop_at(worker, client)
        client.go_on(thread)
        assert worker.answer() == "doubled: 8 one"


# -- start and end ---------------------------------------------------------

def test_a_debugger_comes_again_and_again(worker):
    for _ in range(5):
        with attached(worker, "app") as client:
            thread = stop_at(worker, client)
            client.go_on(thread)
            assert worker.answer() == "doubled: 8 one"
        assert worker.get("/stop?4") == "doubled: 8 one"


@pytest.mark.parametrize("engine", KINDS, ids=str)
def test_it_ends_by_itself_when_the_host_lets_it(engine):
    with worker_of(engine) as worker:
        worker.ready()
        with attached(worker, "app") as client:
            thread = stop_at(worker, client)
            client.go_on(thread)
            worker.answer()
        assert worker.stop() == 0


@pytest.mark.parametrize("engine", KINDS, ids=str)
def test_a_port_of_the_sites_choice(engine):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with worker_of(engine, address=f"localhost:{port}") as worker:
        assert worker.engine() == (engine.name, engine.version, port)


# -- no engine -------------------------------------------------------------

def problem(folder, engine="auto", **settings):
    """Fields of NO_ENGINE, and the exit code."""
    worker = LaneWorker(VENV_PYTHON, folder, engine=engine, **settings)
    try:
        return worker.told("NO_ENGINE"), worker.process.wait(DEADLINE)
    finally:
        worker.close()


PREFIX = str(VENV_PYTHON.parent.parent)


@pytest.mark.parametrize("engine", ["auto", "debugpy", "ptvsd"])
def test_no_engine_is_installed(tmp_path, engine):
    assert problem(tmp_path, engine) == (["missing", "", "", "", PREFIX], 1)


def test_a_broken_engine(tmp_path):
    (tmp_path / "debugpy.py").write_text("import nothing_of_that_name\n")
    fields, _ = problem(tmp_path)
    assert fields == ["broken", "debugpy", "", "ModuleNotFoundError: No module named "
                      "'nothing_of_that_name'", PREFIX]


def test_a_module_that_only_has_an_engines_name(tmp_path):
    (tmp_path / "debugpy.py").write_text("")
    fields, _ = problem(tmp_path)
    assert fields[:3] == ["broken", "debugpy", "?"]
    assert fields[3] == f"the module {tmp_path / 'debugpy.py'} has no configure()"


def test_ptvsd_before_version_4(tmp_path):
    (tmp_path / "ptvsd.py").write_text("__version__ = '3.2.1'\n")
    assert problem(tmp_path)[0] == ["unfit", "ptvsd", "3.2.1", "", PREFIX]


def test_a_port_that_stays_taken(tmp_path):
    (tmp_path / "debugpy.py").write_text(
        "__version__ = '1.8.22'\ndef configure(): pass\nlisten = wait_for_client = configure\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        fields, _ = problem(tmp_path, address=address)
    assert fields[:3] == ["listen", "debugpy", "1.8.22"]
    assert os.strerror(98) in fields[3]
