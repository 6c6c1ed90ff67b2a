"""Every web server, client and kind of request: a debugger holds all of them for 40 s at a
breakpoint, each works on for 10 s, and each client gets the app's true answer.

All rows of the table are held side by side; the tests look at what came of it.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.held_at_once import FIELD, SIZE
from support.askers import by_curl, by_requests
from support.chromium_tabs import Tabs
from support.held_row import Case, HeldRow
from support.measured import write_measured

HOLD, WORK = 5.0, 2.0
#: Seconds that a web server waits that waits less than is held.
LIMIT = 5
SENT = bytes(range(256)) * 400

CASES = {case.name: case for case in (
    *(Case(f"get-{client}", "/answer") for client in ("curl", "requests")),
    Case("get-chromium", "/answer", page=True),
    *(Case(f"post-{client}", "/answer", "POST", SENT) for client in ("curl", "requests")),
    Case("post-chromium", "/answer", "POST", b"text=" + FIELD.encode(), page=True),
    *(Case(f"stream-{client}", "/stream") for client in ("curl", "requests")),
    *(Case(f"head-{client}", "/answer", "HEAD") for client in ("curl", "requests")))}
#: What only a web server can keep that was configured for it.
BEGUN = {case.name: case
         for case in (Case(f"begun-{client}", "/begun") for client in ("curl", "requests"))}
CLIENTS = {"curl": by_curl, "requests": by_requests}

#: What each row says to HeldRow.
GENERATED = {f"{front}-generated": {"front": front, "options": {"generated": True}}
             for front in ("nginx", "lighttpd", "apache", "caddy")}
UNLIMITED = {f"{front}-unlimited": {"front": front} for front in ("lighttpd", "caddy", "http")}
TOLD = {f"{front}-told": {"front": front, "limit": LIMIT}
        for front in ("nginx", "nginx-try-files", "lighttpd", "apache", "caddy", "http")}
ROWS = {**GENERATED, **UNLIMITED, **TOLD}
#: Those where the client is sent elsewhere while it waits.
REDIRECTING = {name for name in TOLD if name != "apache-told"}

pytestmark = pytest.mark.timeout(900)


def cases_of(row):
    return {**CASES, **(BEGUN if row in GENERATED else {})}


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
    form = CASES["post-chromium"]
    target = row.ask(form, len(cases), WORK).target.replace(form.path, "/form")
    browser = {"get-chromium": tabs.open().by_address,
               form.name: tabs.open(row.site.front.url + target).by_form}
    return {case: browser.get(name) or CLIENTS[name.split("-")[-1]]
            for name, case in cases.items()}


@pytest.fixture
def held(table, row):
    """The row; its host's log is told where a test fails."""
    print(table[row].site.host.log)
    assert table[row].failure is None or table[row].answers, repr(table[row].failure)
    return table[row]


def assert_true(case, answer):
    """It is the app's own answer: nothing is missing, added or changed."""
    if isinstance(answer, BaseException):
        raise answer
    assert answer.status == (201 if case.method == "POST" else 200), answer.body[:500]
    assert answer.values("Set-Cookie") == [f"first-{case.name}=1; Path=/",
                                           f"second-{case.name}=two; Path=/; HttpOnly"]
    assert answer.values("X-Number") == [case.name]
    assert answer.values("X-Said") == ['Case: "kept", a=b; c, d']
    assert answer.values("Content-Type") == [
        "text/html; charset=utf-8" if case.page else "application/octet-stream"]
    if case.path == "/answer":
        assert answer.values("Content-Length") == [str(case.length)]
    assert len(case.expected_body) >= SIZE or case.method == "HEAD"
    assert len(answer.body) == len(case.expected_body)
    assert answer.body == case.expected_body


# -- the table -------------------------------------------------------------

@pytest.mark.slow
@pytest.mark.parametrize("row, case", [(row, case) for row in ROWS for case in cases_of(row)])
def test_the_client_gets_the_true_answer(held, row, case):
    assert case in held.answers, f"no answer at all: {held.failure!r}"
    assert_true(cases_of(row)[case], held.answers[case])


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_lane_and_session_live_on(held, row):
    if held.failure:
        raise held.failure
    before, after = held.lanes
    assert before == after and before not in held.site.host.workers()
    assert {a.values("X-Lane")[0] for a in held.answers.values()} == {str(before)}
    assert held.threads
    assert held.again[1].body == held.again[0].expected_body


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_each_request_was_held_once(held, row):
    """The app was asked once for each answer, and nothing let it go before."""
    assert sorted(line[1] for line in held.journal() if line[0] == "entered") == sorted(
        [*cases_of(row), "again"])
    seconds = held.held_seconds()
    assert min(seconds[name] for name in cases_of(row)) >= HOLD
    assert not [line for line in held.journal() if line[0] not in ("entered", "held", "left")]


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_clients_are_sent_elsewhere_only_where_there_is_no_other_way(held, row):
    redirects = {name: answer.redirects for name, answer in held.answers.items()}
    if row in REDIRECTING:
        assert min(redirects.values()) > 0, redirects
    else:
        assert max(redirects.values()) == 0, redirects


# -- under the sanitizers --------------------------------------------------

@pytest.mark.sanitized
def test_a_short_hold(sites):
    row = HeldRow(sites, "nginx-told", "nginx", limit=LIMIT)
    case = CASES["get-curl"]
    row.attach()
    row.run({case: by_curl}, 12.0, 0.0)
    if row.failure:
        raise row.failure
    assert_true(case, row.answers[case.name])
    assert row.answers[case.name].redirects == 0, "12 s are not yet too long for hops"
