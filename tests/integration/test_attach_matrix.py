"""Every engine on every Python: a developer attaches through nginx by `wss://`, stops, looks,
steps, continues, detaches, and comes again."""

import pytest

from support import proc
from support.debug_site import DebugSite
from support.engines import ALL, DEBUGPY
from support.waiting import DEADLINE, wait_until

TIMES = 10

PARAMS = [pytest.param(engine, id=str(engine),
                       marks=[pytest.mark.sanitized] if engine == DEBUGPY else [])
          for engine in ALL]


@pytest.fixture(scope="module", params=PARAMS)
def site(request, module_sites):
    return DebugSite(module_sites, request.param)


def test_attach_ten_times(site):
    site.wait_for_engine()
    for number in range(TIMES):
        with site.attached("app") as client:
            answer = site.ask(f"/stop?{number + 20}")
            thread = client.stopped("breakpoint")
            top = client.top(thread)
            assert (top["name"], top["line"]) == ("stop", site.line("app"))
            assert client.variables(top["id"])["number"] == str(number + 20)
            assert client.evaluate("twice(number)", top["id"]) == str(2 * (number + 20))
            assert client.step("next", thread)["line"] == site.line("after")
            client.go_on(thread)
            page = answer.result(DEADLINE)
            assert (page.status, page.text) == (200, f"doubled: {2 * (number + 20)} one")
        assert site.get("/stop?1").text == "doubled: 2 one", "nothing stops after the detach"
        if number == 0:
            before = site.descriptors(), proc.thread_count(site.host.pid)
    wait_until(lambda: (site.descriptors(), proc.thread_count(site.host.pid)) <= before,
               "descriptors and threads are given back")


def test_a_session_says_which_python_and_engine_it_is(site):
    site.wait_for_engine()
    state = site.state()
    assert state["engine"]["name"] == site.engine.name
    assert state["engine"]["version"] == site.engine.version
    assert state["engine"]["python"].startswith(site.engine.python + ".")
    socket = site.connect()
    assert socket.answer.header("Holdfast-Engine") == f"{site.engine.name} {site.engine.version}"
    assert socket.answer.header("Holdfast-Python") == state["engine"]["python"]
    assert socket.answer.header("Holdfast-Path-Style") == "posix"
    assert socket.answer.header("Holdfast-App-Root") == str(site.site.root)
    socket.end()
    site.wait_until_detached()
