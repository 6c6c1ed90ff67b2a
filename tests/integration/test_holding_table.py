"""Every web server, client and kind of request: a debugger holds all of them for 40 s at a
breakpoint, each works on for 10 s, and each client gets the app's true answer.

All rows of the table are held side by side; the tests look at what came of it.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.chromium_tabs import Tabs
from support.held_cases import BEGUN, BY_PROGRAMS, FORM, PAGE, assert_true
from support.held_row import APP, HeldRow
from support.measured import write_measured
from support.test_ca import authority
from support.waiting import DEADLINE, wait_until

HOLD, WORK = 40.0, 10.0
#: Seconds that a web server waits that waits less than is held.
LIMIT = 5

CASES = (*BY_PROGRAMS, PAGE, FORM)
#: What each row says to HeldRow.
GENERATED = {f"{front}-generated": {"front": front, "options": {"generated": True}}
             for front in ("nginx", "nginx-try-files", "lighttpd", "apache", "caddy")}
#: lighttpd's own 5 s would cut off a browser that a busy machine makes slow; see the last test.
OPTIONS = {"lighttpd": {"options": "server.max-keep-alive-idle = 60"}}
UNLIMITED = {f"{front}-unlimited": {"front": front, "options": OPTIONS.get(front)}
             for front in ("lighttpd", "caddy", "http")}
TOLD = {f"{front}-told": {"front": front, "options": OPTIONS.get(front), "limit": LIMIT}
        for front in ("nginx", "nginx-try-files", "lighttpd", "apache", "caddy", "http")}
ROWS = {**GENERATED, **UNLIMITED, **TOLD}
#: Those where the client is sent elsewhere while it waits.
REDIRECTING = {name for name in TOLD if name != "apache-told"}

pytestmark = pytest.mark.timeout(900)


def cases_of(row):
    return CASES + (BEGUN if row in GENERATED else ())


@pytest.fixture(scope="module")
def table(request, module_sites, tmp_path_factory):
    """What came of the rows that are wanted."""
    wanted = {item.callspec.params["row"] for item in request.session.items
              if item.module is request.module and hasattr(item, "callspec")}
    rows = [HeldRow(module_sites, name, **ROWS[name]) for name in ROWS if name in wanted]
    tabs = Tabs(tmp_path_factory.mktemp("chromium"))
    try:
        hold_all(rows, tabs)
        write_measured("holding-table.md", rows)
        yield {row.name: row for row in rows}
    finally:
        tabs.close()


def hold_all(rows, tabs):
    """Once all are there, as who starts slows down whoever must be in time."""
    turn = threading.Lock()
    with ThreadPoolExecutor(len(rows)) as pool:
        list(pool.map(HeldRow.attach, rows))
        clients = [clients_of(row, tabs) for row in rows]
        list(pool.map(lambda row, clients: row.run(clients, HOLD, WORK, turn), rows, clients))


def clients_of(row, tabs):
    cases = cases_of(row.name)
    form = row.ask(FORM, len(cases), WORK).target.replace(FORM.path, "/form")
    return {**{case: case.client for case in cases}, PAGE: tabs.open().by_address,
            FORM: tabs.open(row.site.front.url + form).by_form}


@pytest.fixture
def held(table, row):
    """The row; what the logs say is told where a test fails."""
    table[row].tell()
    assert table[row].failure is None or table[row].answers, repr(table[row].failure)
    return table[row]


# -- the table -------------------------------------------------------------

@pytest.mark.slow
@pytest.mark.parametrize("row, case", [
    pytest.param(row, case, id=f"{row}-{case.name}") for row in ROWS for case in cases_of(row)])
def test_the_client_gets_the_true_answer(held, case):
    held.assert_true_answer(case)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_lane_and_session_live_on(held):
    held.assert_lives_on()


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_each_request_was_held_once(held, row):
    held.assert_held_once(cases_of(row), HOLD)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_clients_are_sent_elsewhere_only_where_there_is_no_other_way(held, row):
    redirects = held.redirects_by_case()
    assert len(redirects) == len(cases_of(row)), held.answers
    if row in REDIRECTING:
        assert min(redirects.values()) > 0, redirects
    else:
        assert max(redirects.values()) == 0, redirects


# -- under the sanitizers --------------------------------------------------

@pytest.mark.slow
@pytest.mark.sanitized
def test_a_short_hold(sites):
    row = HeldRow(sites, "nginx-told", "nginx", limit=LIMIT)
    case = BY_PROGRAMS[0]
    row.attach()
    row.run({case: case.client}, 12.0, 0.0)
    row.assert_true_answer(case)
    row.assert_lives_on()
    assert "hop" in row.keepers()


# -- a late answer to a slow client ----------------------------------------

@pytest.mark.slow
def test_a_slow_browser_reads_a_late_answer_to_its_end(sites, tmp_path):
    """By HTTP/2 lighttpd takes a connection for idle on which it has read nothing for 5 s, though
    the answer has just gone out, and cuts off who has not read all of it; not as generated."""
    site = sites.serve(APP, channel="unix")
    front = sites.front_end("lighttpd", site, generated=True, channel=True, tls=authority())
    tabs = Tabs(tmp_path)
    try:
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(tabs.open().by_address, front, HeldRow.ask(PAGE, 1, 7.0))
            wait_until(lambda: "entered" in journal_of(site), "the app is asked")
            with tabs.browser.stopped():
                wait_until(lambda: "left" in journal_of(site), "the app answers")
                time.sleep(8)  # for what must not happen: it closes in two steps of 5 s
            assert_true(PAGE, answer.result(DEADLINE))
    finally:
        tabs.close()


def journal_of(site):
    path = site.root / "journal.txt"
    return path.read_text() if path.exists() else ""
