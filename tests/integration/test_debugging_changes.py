"""What becomes of debugging, and of the visitors, when the site changes under it."""

import os
import re
import signal

import pytest

from support.debug_site import SECRET, DebugSite
from support.engines import DEBUGPY
from support.holdfast_process import HoldfastProcess
from support.site import IN_SETTINGS
from support.waiting import wait_until
from support.web_socket import Refused


@pytest.fixture
def debug_site(sites):
    return lambda **more: DebugSite(sites, **more)


def test_a_reload_asks_the_debugger_to_attach_anew(debug_site):
    site = debug_site()
    client = site.attach("app")
    site.file.touch()
    assert client.event("terminated") == {"restart": True}
    site.host.wait_for_log("The debugged worker is replaced")
    client.close()
    site.wait_until_detached()
    with site.attached() as again:
        assert again.threads()


def test_visitors_are_served_while_the_lane_is_down(debug_site):
    site = debug_site()
    client = site.attach()
    lane = int(site.host.wait_for_log(r"debug lane (\d+): ready")[1])
    os.kill(lane, signal.SIGKILL)
    # What it was given while it died gets 502, as in any worker.
    site.host.wait_for_log(rf"debug lane {lane}: died")
    for _ in range(20):
        assert site.get("/").status == 200
    client.close()


def test_what_the_app_says_stays_behind_the_secret(debug_site, sites):
    site = debug_site(app="hello", ready=False, handler=IN_SETTINGS,
                      yaml="app: {handler: broken.app}\n", environment={},
                      prepare=lambda root: (root / "broken.py").write_text(
                          "raise RuntimeError('postgres://admin:hunter2@db')\n"))
    site.host.wait_for_log("debug lane: The app could not be imported")
    page = site.get("/ptvsd", Accept="text/html")
    assert page.status == 200 and "hunter2" not in page.text
    assert "hunter2" in site.state()["engine"]["problem"]


def test_the_end_of_a_session_is_said_before_the_host_ends(debug_site):
    site = debug_site()
    client = site.attach()
    site.host.process.send_signal(signal.SIGTERM)
    client.wait_for_end()
    assert site.host.wait_exit() == 0
    lines = site.host.log.splitlines()
    detached = next(n for n, line in enumerate(lines) if "detached after" in line)
    assert detached < next(n for n, line in enumerate(lines) if line.endswith("INFO  stopped"))


def test_debugging_ends_by_itself_and_a_reload_may_prolong_it(debug_site):
    site = debug_site(settings={"expires": "60 s"})
    client = site.attach()
    settings = site.site.root / "holdfast.yaml"
    settings.write_text("debug:\n  expires: 1 h\n")
    site.host.wait_for_log("setting debug.expires = ")
    client.close()
    site.wait_until_detached()
    site.wait_for_engine()
    settings.write_text("debug:\n  expires: 1 s\n")
    site.host.wait_for_log("debugging is over")
    wait_until(lambda: site.get("/ptvsd").status == 200, "the page says so")
    with pytest.raises(Refused):
        site.connect()
    assert site.get("/").status == 200


def test_dev_says_how_to_attach(tmp_path):
    (tmp_path / "app.py").write_text("def app(environ, start_response): pass\n")
    host = HoldfastProcess(["dev", "app:app", "--port", "0", "--app-root", tmp_path], tmp_path,
                           {"WSGI_PYTHON": str(DEBUGPY.interpreter), "WSGI_PTVSD_SECRET": ""})
    try:
        line = host.wait_for_log(r"attach (ws://[A-Za-z0-9]{32}@127\.0\.0\.1:\d+/ptvsd)")
        assert re.search(r"//(\w+)@", line[1])[1] != SECRET
        host.stop()
    finally:
        host.kill_leftovers()


def test_a_stop_in_the_import_keeps_no_visitor_waiting(debug_site):
    site = debug_site(settings={"wait": "true"})
    client = site.attach("import")
    client.stopped("breakpoint")
    assert site.get("/").status == 200
    client.disconnect()
    client.close()


def test_another_secret_sends_the_debugger_away(debug_site):
    site = debug_site(environment={"WSGI_PTVSD_SECRET": ""},
                      yaml=f"debug:\n  secret: {SECRET}\n")
    client = site.attach()
    settings = site.site.root / "holdfast.yaml"
    settings.write_text("debug:\n  secret: another-secret-of-the-tests\n")
    client.wait_for_end()
    client.close()
    with pytest.raises(Refused):
        site.connect()
    settings.write_text("server:\n  queue: 9\n")
    site.host.wait_for_log("debugging is off")
    assert site.get("/").status == 200
