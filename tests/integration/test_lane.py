"""The debug lane: what a debugger finds there, and what it cannot disturb."""

import json
import os
import signal

import pytest

from support import proc
from support.debug_site import SECRET, DebugSite
from support.engines import KINDS, MONITORING
from support.waiting import DEADLINE, wait_until
from test_status import text_of as status_of


@pytest.fixture(scope="module", params=(*KINDS, MONITORING), ids=str)
def site(request, module_sites):
    return DebugSite(module_sites, request.param)


# -- places ----------------------------------------------------------------

@pytest.mark.parametrize("mark, target, function, said", [
    ("app", "/stop?4", "stop", "doubled: 8 one"),
    ("twice", "/stop?4", "twice", "doubled: 8 one"),
    ("close", "/closing", "close", "to be closed"),
    ("thread", "/thread", "in_thread", "from a thread")])
def test_a_breakpoint_stops(site, mark, target, function, said):
    with site.attached(mark) as client:
        answer = site.ask(target)
        thread = client.stopped("breakpoint")
        top = client.top(thread)
        assert (top["name"], top["line"]) == (function, site.line(mark))
        client.go_on(thread)
        assert answer.result(DEADLINE).text == said


def test_a_breakpoint_in_a_generator(site):
    with site.attached("generator") as client:
        answer = site.ask("/generator")
        for number in range(2):
            thread = client.stopped("breakpoint")
            top = client.top(thread)
            assert (top["name"], top["line"]) == ("generator", site.line("generator"))
            assert client.variables(top["id"])["number"] == str(number)
            client.go_on(thread)
        assert answer.result(DEADLINE).text == "line 0\nline 1\n"


@pytest.mark.parametrize("just_my_code", [True, False])
def test_nothing_of_the_host_is_in_the_stack(site, just_my_code):
    with site.attached("app", justMyCode=just_my_code) as client:
        answer = site.ask("/stop")
        thread = client.stopped("breakpoint")
        frames = [(f["name"], f["source"]["path"]) for f in client.stack(thread)]
        assert frames[:2] == [("stop", str(site.file)), ("app", str(site.file))]
        assert all(path.endswith("/threading.py") for _, path in frames[2:]), frames
        assert not frames[2:] or not just_my_code, frames
        client.go_on(thread)
        answer.result(DEADLINE)


def test_a_thread_has_the_name_of_its_request_and_no_other_is_listed(site):
    with site.attached("app") as client:
        answer = site.ask("/stop?3")
        thread = client.stopped("breakpoint")
        names = client.threads()
        assert "GET" in names[thread] and "/stop" in names[thread]
        others = {name for number, name in names.items() if number != thread}
        assert others <= {"MainThread"}, names
        client.go_on(thread)
        answer.result(DEADLINE)


# -- steps -----------------------------------------------------------------

@pytest.mark.parametrize("just_my_code", [True, False])
@pytest.mark.parametrize("mark, target, said", [
    ("after", "/stop?4", "doubled: 8 one"), ("generator", "/generator", "line 0\nline 1\n")])
def test_stepping_off_the_end_disturbs_no_other_request(site, mark, target, said, just_my_code):
    with site.attached(mark, justMyCode=just_my_code) as client:
        answer = site.ask(target)
        thread = client.stopped("breakpoint")
        client.set_breakpoints(site.file, [])
        for _ in range(30):
            client.request("next", threadId=thread)
            wait_until(lambda: answer.done() or client.untaken("stopped"), "a stop or the end")
            if not client.untaken("stopped"):
                break
            assert client.stopped("step") == thread
            assert client.top(thread)["source"]["path"] == str(site.file)
        assert answer.result(DEADLINE).text == said
        for _ in range(8):
            assert site.get("/stop?5").text == "doubled: 10 one"
        assert not client.untaken("stopped")


def test_steps_go_in_and_out(site):
    with site.attached("app") as client:
        answer = site.ask("/stop?4")
        thread = client.stopped("breakpoint")
        assert client.step("stepIn", thread)["name"] == "twice"
        assert client.step("stepOut", thread)["name"] == "stop"
        assert client.step("stepOut", thread)["name"] == "app"
        client.request("stepOut", threadId=thread)  # of app(): the host is, which is not there
        assert answer.result(DEADLINE).text == "doubled: 8 one"
        assert site.get("/plain").status == 200
        assert not client.untaken("stopped")


# -- evaluating ------------------------------------------------------------

def test_the_body_is_read_at_a_breakpoint(site):
    with site.attached("read") as client:
        answer = site.ask("/read", "POST", b"x" * 5000)
        thread = client.stopped("breakpoint")
        frame = client.top(thread)["id"]
        assert client.evaluate("len(environ['wsgi.input'].read())", frame) == "5000"
        assert client.evaluate("environ['wsgi.input'].read()", frame) == "b''"
        client.go_on(thread)
        assert answer.result(DEADLINE).text == "5000 bytes"


def test_an_expression_requests_its_own_site(sites, site):
    url = sites.front_end("nginx", site.site).url + "/plain"
    with site.attached("own_site") as client:
        answer = site.ask(f"/own_site?{url}")
        thread = client.stopped("breakpoint")
        said = client.evaluate("fetch(url_of(environ))", client.top(thread)["id"])
        assert said.startswith("'plain ")
        client.go_on(thread)
        assert answer.result(DEADLINE).text == url


# -- exceptions ------------------------------------------------------------

def test_an_error_that_the_app_lets_through_stops_once(site):
    if site.engine.name != "debugpy":
        pytest.skip("ptvsd knows no user-unhandled exceptions")
    with site.attached(exceptions=["userUnhandled"]) as client:
        answer = site.ask("/error")
        thread = client.stopped("exception")
        assert client.top(thread)["line"] == site.line("error")
        client.go_on(thread)
        assert answer.result(DEADLINE).status == 500
        assert site.get("/plain").status == 200
        assert len(client.events("stopped")) == 1


# -- children --------------------------------------------------------------

@pytest.mark.parametrize("target, said", [
    ("/subprocess", "from a child"), ("/fork", "from a fork"),
    ("/fork_that_returns", "from the parent"), ("/pool?fork", "42"), ("/pool?spawn", "42"),
    ("/pool?forkserver", "42")])
def test_children_of_the_app_work(site, target, said):
    with site.attached("app") as client:
        page = site.ask(target).result(DEADLINE)
        assert (page.status, page.text) == (200, said)
        answer = site.ask("/stop?4")
        client.go_on(client.stopped("breakpoint"))
        assert answer.result(DEADLINE).text == "doubled: 8 one"


# -- death -----------------------------------------------------------------

def test_the_lane_is_killed_while_held(site):
    client = site.attach("app")
    answer = site.ask("/stop")
    thread = client.stopped("breakpoint")
    lane = int(client.evaluate("os.getpid()", client.top(thread)["id"]))
    os.kill(lane, signal.SIGKILL)
    client.event("terminated")
    client.wait_for_end()
    assert client.stream.closed.close_code in (1000, 1011), "by whoever is first: engine or host"
    client.close()
    assert answer.result(DEADLINE).status == 502
    wait_until(lambda: not proc.is_alive(lane), "the lane is gone")
    with site.attached("app") as client:
        answer = site.ask("/stop?4")
        thread = client.stopped("breakpoint")
        assert int(client.evaluate("os.getpid()", client.top(thread)["id"])) != lane
        client.go_on(thread)
        assert answer.result(DEADLINE).text == "doubled: 8 one"


# -- routes ----------------------------------------------------------------

def pid_of(page):
    return int(page.text.split()[1])


def test_requests_go_to_the_lane_only_while_someone_is_attached(site):
    site.wait_for_engine()
    ordinary = site.host.workers()
    assert pid_of(site.get("/plain")) in ordinary
    with site.attached():
        assert pid_of(site.get("/plain")) not in ordinary
    assert pid_of(site.get("/plain")) in ordinary


def test_only_marked_requests_go_to_the_lane(sites):
    site = DebugSite(sites, settings={"route": "marked"})
    ordinary = site.host.workers()
    site.wait_for_engine()
    socket = site.connect()
    mark = socket.answer.mark
    assert len(mark) >= 16
    assert pid_of(site.get("/plain")) in ordinary
    assert pid_of(site.get("/plain", Cookie=f"a=1; holdfast-debug={mark}; b=2")) not in ordinary
    assert pid_of(site.get("/plain", **{"X-Holdfast-Debug": mark})) not in ordinary
    for wrong in ("", mark[:-1], mark + "x", SECRET):
        assert pid_of(site.get("/plain", Cookie=f"holdfast-debug={wrong}")) in ordinary
        assert pid_of(site.get("/plain", **{"X-Holdfast-Debug": wrong})) in ordinary
    seen = json.loads(site.get("/headers", Cookie=f"a=1; holdfast-debug={mark}; b=2",
                               **{"X-Holdfast-Debug": mark}).text)
    assert seen["pid"] not in ordinary
    assert mark not in json.dumps(seen), "the app does not see the mark"
    assert seen["HTTP_COOKIE"].replace(" ", "") == "a=1;b=2"
    socket.end()
    site.wait_until_detached()
    assert pid_of(site.get("/plain", **{"X-Holdfast-Debug": mark})) in ordinary
    socket = site.connect()
    assert socket.answer.mark != mark
    socket.end()


# -- start -----------------------------------------------------------------

@pytest.mark.parametrize("engine", KINDS, ids=str)
def test_start_up_code_is_debugged(sites, engine):
    site = DebugSite(sites, engine, settings={"wait": "true"})
    assert site.get("/plain").status == 200, "ordinary workers do not wait"
    site.wait_for_engine()
    waits = "the import of the app waits for a debugger"
    assert waits in status_of(site.site) and waits in site.get("/ptvsd").text
    with site.attached("import") as client:
        thread = client.stopped("breakpoint")
        assert client.top(thread)["line"] == site.line("import")
        assert waits not in status_of(site.site) and waits not in site.get("/ptvsd").text
        client.go_on(thread)
        wait_until(lambda: pid_of(site.get("/plain")) not in site.host.workers(),
                   "requests go to the lane when it has imported the app")


def test_a_missing_engine_is_told_with_the_command_that_installs_it(serve, sites):
    site = serve("debuggee", channel="unix", environment={"WSGI_PTVSD_SECRET": SECRET})
    site.host.wait_for_log(r"debugpy is not installed in \S+.*: run .*pip install .*debugpy")
    assert site.get("/plain").status == 200
    front = sites.front_end("nginx", site, channel=True)
    assert "debugpy is not installed" in front.get("/ptvsd").text


def test_the_log_says_that_the_lane_imports_the_app_once_more(site):
    assert site.host.log_matches(r"import\w* the app (once more|a second time|again)")
