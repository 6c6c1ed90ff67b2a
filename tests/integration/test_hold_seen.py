"""What is told of a hold while it lasts: by the status, the channel's state, the private view and
the bridge."""

import json
import re
import shutil
import subprocess

import pytest
import requests

from support.bridge import Bridge, TerminalBridge
from support.chromium import Chromium
from support.dap_client import DapClient
from support.debug_site import SECRET, DebugSite
from support.paths import HOLDFAST
from support.waiting import DEADLINE, wait_until

PHONE = 400


@pytest.fixture(scope="module")
def site(module_sites):
    site = DebugSite(module_sites, http=True)
    site.wait_for_engine()
    site.view = module_sites.front_end("http", site.site).url + "/ptvsd/view"
    return site


@pytest.fixture
def attach(site, tmp_path):
    """Starts bridges, and a debugger that attaches through each; its files are in `tmp_path`."""
    running = []

    def start(kind):
        bridge = kind(site.front.url.replace("https:", "wss:") + "/ptvsd", tmp_path,
                      ca=site.tls.ca, environment={"HOLDFAST_SECRET": SECRET})
        running.append(bridge)
        client = DapClient(bridge.stream(), clientName="Visual Studio Code")
        shutil.copy(site.file, tmp_path)
        client.attach([(tmp_path / site.file.name, [site.line("app")])])
        return bridge, client

    yield start
    for bridge in running:
        bridge.stop()
        bridge.kill_leftovers()
    site.wait_until_detached()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


def hold(site, client, target="/stop"):
    """Returns (the request that is held, the thread); the debugger knows where it stands."""
    answer = site.ask(target)
    thread = client.stopped("breakpoint")
    assert client.threads()[thread] == "GET /stop"
    top = client.top(thread)
    assert (top["name"], top["line"]) == ("stop", site.line("app"))
    wait_until(lambda: (site.state()["hold"] or {}).get("line"), "the site knows where it is held")
    return answer, thread


def status(site, *options):
    done = subprocess.run([HOLDFAST, "status", "--app-root", site.site.root, *options],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE, check=True)
    return done.stdout


def check_report(site, report):
    hold = report["hold"]
    assert hold.pop("since_seconds") >= 0
    assert hold == {"state": "held", "reason": "breakpoint", "file": str(site.file),
                    "line": site.line("app"), "function": "stop", "thread": "GET /stop"}
    (request,) = report["requests"]
    assert re.fullmatch(r"\S+", request["id"])
    assert 0 < request.pop("left_seconds") <= 60
    assert request.pop("age_seconds") >= 0
    assert {**request, "id": ""} == {
        "id": "", "method": "GET", "path": "/stop", "keeper": "hop", "front_end": "nginx",
        "limit_seconds": 60, "hand_offs": 0, "waited_for": True, "answered": False}


def test_what_the_status_and_the_channel_say(site, attach):
    _, client = attach(Bridge)
    assert site.state()["hold"] is None
    assert site.state()["requests"] == []
    answer, thread = hold(site, client, "/stop?987654321")
    check_report(site, site.state())
    (host,) = json.loads(status(site, "--json"))["hosts"]
    check_report(site, host["debug"])
    text = status(site)
    assert re.search(r"attached: Visual Studio Code from \S+, for .*\n    held \S+ m?s at ", text)
    assert f":{site.line('app')} in stop (GET /stop)\n" in text or "..." in text
    assert re.search(r"\n      request \S+ GET /stop, for \S+ m?s: kept by hop, nginx waits 60 s, "
                     r"\d+ s\s+left\n", text)
    assert "987654321" not in text
    client.go_on(thread)
    assert answer.result(DEADLINE).status == 200
    wait_until(lambda: site.state()["hold"] is None, "nothing is held any more")
    wait_until(lambda: site.state()["requests"] == [], "nobody waits any more")
    assert "held" not in status(site)
    client.disconnect()


def test_a_terminal_shows_what_is_held_and_who_waits(site, attach):
    bridge, client = attach(TerminalBridge)
    answer, thread = hold(site, client)
    where = f"attached · VS Code · held at debuggee.py:{site.line('app')} · "
    bridge.wait_for_log("^" + re.escape(where) + r"\d+ s( ·|$)")
    said = r"\d+ s · GET /stop \([0-9a-f-]+\) kept by hop, nginx waits 60 s, (\d+) s left$"
    first = bridge.wait_for_log("^" + re.escape(where) + said)
    later = bridge.wait_for_log("^" + re.escape(where) + said, count=3)
    assert int(later[1]) < int(first[1])
    client.go_on(thread)
    bridge.wait_for_log(r"left\n?$")
    wait_until(lambda: re.search(r"VS Code · \d+ s$", bridge.lines[-1]), "the line is of no hold")
    assert answer.result(DEADLINE).status == 200
    client.disconnect()


def test_where_lines_stay_there_are_two_for_each_hold(site, attach):
    bridge, client = attach(Bridge)
    answer, thread = hold(site, client)
    line = f"attached · VS Code · held at debuggee.py:{site.line('app')}"
    bridge.wait_for_log(f"^{line}$")
    for _ in range(2):
        client.step("next", thread)
    client.go_on(thread)
    assert answer.result(DEADLINE).status == 200
    bridge.wait_for_log(r"^attached · VS Code · runs again after \d+ s$")
    # Steps may last for a second each, where the machine is slow.
    assert 1 <= len(bridge.log_matches("held at")) <= 3
    assert len(bridge.log_matches("runs again")) == 1
    client.disconnect()


def test_the_view_shows_it_and_its_button_resumes(site, attach, browser, tmp_path):
    _, client = attach(Bridge)
    browser.open(site.view, width=PHONE, dark=True)
    browser.evaluate(f"document.querySelector('[name=secret]').value = '{SECRET}'")
    browser.evaluate("document.querySelector('button').click()")
    wait_until(lambda: "You have proven the secret" in browser.text(), "the view is open")
    assert "held" not in browser.text()
    answer, _ = hold(site, client)
    wait_until(lambda: "The app is held for" in browser.text(), "the view sees it by itself")
    text = browser.text()
    assert f"{site.file}:{site.line('app')} in stop (GET /stop): breakpoint" in text
    assert "GET /stop, for " in text and "kept by hop, nginx waits 60 s" in text
    assert not browser.is_wider_than_its_window()
    browser.screenshot(tmp_path / "held.png")
    said = browser.evaluate("document.getElementById('live').dataset.looks")
    browser.evaluate("document.getElementById('resume').focus()")
    wait_until(lambda: browser.evaluate("document.getElementById('live').dataset.looks") != said,
               "it has looked again")
    assert browser.evaluate("document.activeElement.id") == "resume", "the keyboard stays there"

    browser.evaluate("document.getElementById('resume').click()")
    page = answer.result(DEADLINE)
    assert (page.status, page.text) == (200, "doubled: 14 one")
    client.event("terminated")
    client.close()
    wait_until(lambda: "You have proven the secret" in browser.text()
               and "The app is held" not in browser.text(), "back on the view, and it runs")
    site.host.wait_for_log(r"resumed the app from the private status view")
    assert browser.complaints() == []
    # The breakpoint is cleared.
    assert site.get("/stop").status == 200


def test_no_other_page_resumes_it_or_sees_it(site, attach):
    _, client = attach(Bridge)
    answer, thread = hold(site, client)
    view = requests.Session()
    page = view.post(site.view, data={"secret": SECRET}, timeout=DEADLINE)
    token = re.search('name="token" value="([0-9a-f]{32})"', page.text)[1]
    check_report(site, view.get(site.view + "/hold", timeout=DEADLINE).json())
    assert requests.get(site.view + "/hold", timeout=DEADLINE).status_code == 401
    foreign = {"Origin": "https://evil.example"}
    refused = [view.post(site.view + "/resume", timeout=DEADLINE),
               view.post(site.view + "/resume", data={"token": token[:-1] + "x"},
                         timeout=DEADLINE),
               view.post(site.view + "/resume", data={"token": token}, headers=foreign,
                         timeout=DEADLINE),
               requests.post(site.view + "/resume", data={"token": token}, timeout=DEADLINE)]
    assert {(r.status_code, r.text) for r in refused} == {(403, refused[0].text)}
    assert site.state()["hold"], "it is held as before"
    assert token not in site.host.log
    client.go_on(thread)
    assert answer.result(DEADLINE).status == 200
    client.disconnect()
