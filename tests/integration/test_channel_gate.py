"""The gate of the debug channel: who gets in, who does not, and what they are told."""

import re
import socket
import threading

import pytest

from support import proc
from support.dap_client import DapClient, frame
from support.debug_site import SECRET, DebugSite
from support.holdfast_process import HoldfastProcess
from support.paths import SANITIZED
from support.waiting import DEADLINE, wait_until
from support.web_socket import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Refused, WebSocket,
                                ask, basic, bearer, dial, encode, read_answer, upgrade_request)
from test_attach_bridge import run

WRONG = SECRET[:-1] + "x"
#: Guesses; under a sanitizer the machine is too slow for all.
GUESSES, GUESSERS = (1000 if SANITIZED else 10_000), 50
#: Bytes that a host may grow by meanwhile.
GROWTH = 8 << 20


@pytest.fixture(scope="module")
def site(module_sites):
    """Its channel listens on loopback, so that we may talk to it without TLS."""
    return DebugSite(module_sites, channel="tcp")


@pytest.fixture(scope="module")
def proxied(module_sites):
    """Its channel is behind nginx with TLS."""
    return DebugSite(module_sites)


@pytest.fixture
def forgiven(site):
    """The right secret makes former wrong ones forgotten."""
    assert answer_of(site, "/ptvsd/state", bearer(SECRET), upgrade=False).status == 200


def answer_of(site, path="/ptvsd", headers=(), upgrade=True, **more):
    headers = dict(headers)
    if not upgrade:
        headers = {"Upgrade": None, "Connection": "close", "Sec-WebSocket-Key": None,
                   "Sec-WebSocket-Version": None, **headers}
    more.setdefault("host", site.site.channel.removeprefix("tcp:"))
    return ask(site.site.channel, upgrade_request(path, headers, **more))


# -- requests ----------------------------------------------------------------

@pytest.mark.sanitized
@pytest.mark.parametrize("method, path, status", [
    ("GET", "/ptvsd", 200), ("GET", "/ptvsd/", 200), ("GET", "/ptvsd?x=1", 200),
    ("HEAD", "/ptvsd", 200), ("POST", "/ptvsd", 405), ("PUT", "/ptvsd", 405),
    ("DELETE", "/ptvsd", 405), ("OPTIONS", "/ptvsd", 405), ("GET", "/ptvsd/nothing", 404),
    ("GET", "/ptvsd/../ptvsd/nothing", 404), ("GET", "/ptvsd/state", 401),
    ("GET", "/ptvsd/source?file=debuggee.py", 401), ("GET", "/%70tvsd", 200)])
def test_plain_requests(site, forgiven, method, path, status):
    answer = answer_of(site, path, {"Content-Length": "0"} if method == "POST" else {},
                       upgrade=False, method=method)
    assert answer.status == status, answer
    assert SECRET not in str(answer)
    if status in (200, 401):
        assert answer.header("Cache-Control") == "no-store"


@pytest.mark.sanitized
@pytest.mark.parametrize("headers, status", [
    ({}, 401), (bearer(WRONG), 401), (bearer(SECRET + "x"), 401), (bearer(SECRET[:-1]), 401),
    (bearer(""), 401), (bearer(f"{SECRET} {SECRET}"), 401), (basic(WRONG), 401),
    (basic("user", SECRET + "x"), 401), ({"Authorization": SECRET}, 401),
    ({"Authorization": f"Digest {SECRET}"}, 401), ({"Authorization": "Basic !!!"}, 401),
    ({"Cookie": f"holdfast-debug={SECRET}"}, 401), ({"X-Holdfast-Debug": SECRET}, 401),
    ({**bearer(SECRET), "Origin": "https://elsewhere.invalid"}, 403),
    ({**bearer(SECRET), "Origin": "null"}, 403), ({**bearer(SECRET), "Origin": ""}, 403),
    ({**bearer(SECRET), "Sec-WebSocket-Version": "12"}, 426),
    ({**bearer(SECRET), "Sec-WebSocket-Version": None}, 426),
    ({**bearer(SECRET), "Sec-WebSocket-Key": None}, 400),
    ({**bearer(SECRET), "Sec-WebSocket-Key": "short"}, 400),
    ({**bearer(SECRET), "Connection": "keep-alive"}, 400),
    ({**bearer(SECRET), "Host": "elsewhere.invalid"}, 403),
    ({**bearer(SECRET), "X-Forwarded-For": "127.0.0.1"}, 403),
    ({**bearer(SECRET), "X-Forwarded-Proto": "https"}, 403),
    ({**bearer(SECRET), "Forwarded": "for=127.0.0.1"}, 403)])
def test_upgrades_that_are_refused(site, forgiven, headers, status):
    answer = answer_of(site, headers=headers)
    assert answer.status == status, answer
    assert SECRET not in str(answer)
    if status == 401:
        assert answer.header("WWW-Authenticate") == 'Bearer realm="holdfast"'
    if status == 426:
        assert answer.header("Sec-WebSocket-Version") == "13"


@pytest.mark.parametrize("more, status", [
    ({"method": "POST"}, 405), ({"method": "PUT"}, 405), ({"version": "1.0"}, 400),
    ({"path": "/ptvsd/nothing"}, 404)])
def test_upgrades_of_no_kind(site, forgiven, more, status):
    answer = answer_of(site, headers={**bearer(SECRET), "Content-Length": "0"}, **more)
    assert answer.status == status, answer


def test_the_secret_is_not_taken_from_elsewhere(site, forgiven):
    for path in (f"/ptvsd?secret={SECRET}", f"/ptvsd/{SECRET}", f"/ptvsd?{SECRET}"):
        assert answer_of(site, path).status in (401, 404)


def test_all_wrong_secrets_are_answered_alike(site, forgiven):
    def told(secret):
        answer = answer_of(site, headers=bearer(secret))
        return (answer.status, answer.body,
                [field for field in answer.headers if field[0] != "Date"])

    assert told(WRONG) == told("x") == told(SECRET * 20)


def test_the_scheme_may_be_written_in_any_case(site, forgiven):
    site.wait_for_engine()
    for scheme in ("Bearer", "bearer", "BEARER"):
        WebSocket.connect(site.site.channel, headers={
            "Host": site.site.channel.removeprefix("tcp:"),
            "Authorization": f"{scheme} {SECRET}"}).end()
        site.wait_until_detached()


def test_basic_is_taken_with_a_warning(proxied):
    proxied.wait_for_engine()
    for credentials in (basic(SECRET), basic("", SECRET)):
        WebSocket.connect(("127.0.0.1", proxied.front.port), headers=credentials,
                          ca=proxied.tls.ca).end()
        proxied.wait_until_detached()
    proxied.host.wait_for_log(r"WARN .* as a user name \(Basic\)")


def test_plain_http_through_a_web_server_is_refused(module_sites, proxied):
    plain = module_sites.front_end("nginx", proxied.site, channel=True)
    with pytest.raises(Refused) as refused:
        WebSocket.connect(("127.0.0.1", plain.port), headers=bearer(SECRET))
    assert refused.value.answer.status == 403
    assert "https" in refused.value.answer.text


def test_a_web_server_with_nothing_but_proxy_pass_is_told_what_lacks(sites):
    site = DebugSite(sites)
    bare = sites.front_end("nginx", site.site, tls=site.tls, options=(
        f"location /ptvsd {{ proxy_pass http://{site.site.channel}; }}"))
    remedy = "proxy_set_header X-Forwarded-Proto $scheme;"
    page = bare.get("/ptvsd").text
    assert "does not say whether you use HTTPS" in page and remedy in page
    told = run("attach", f"wss://{SECRET}@127.0.0.1:{bare.port}/ptvsd", "--ca", site.tls.ca).stderr
    refusal = site.host.wait_for_log(r"was refused: the web server did not say .*").string
    for text in (told, refusal):
        assert remedy in text
        assert not re.search("trusted_hops|plain HTTP|set another", text)


def test_plain_http_where_the_site_wants_it(sites):
    site = DebugSite(sites, settings={"allow_insecure": "true"})
    site.wait_for_engine()
    plain = sites.front_end("nginx", site.site, channel=True)
    WebSocket.connect(("127.0.0.1", plain.port), headers=bearer(SECRET)).end()


def test_the_page_names_the_listener(sites, site):
    assert f"proxy_pass http://{site.site.channel[4:]};" in answer_of(site, upgrade=False).text
    # Its port is 0 in the settings.
    http = sites.front_end("http", sites.serve(environment={"WSGI_PTVSD_SECRET": SECRET},
                                               http=True))
    assert f"proxy_pass http://127.0.0.1:{http.port};" in http.get("/ptvsd").text


def test_a_request_by_fastcgi_gets_the_page_but_no_upgrade(site, forgiven):
    page = site.site.get("/ptvsd")
    assert page.status == 200 and b"holdfast attach" in page.body
    answer = site.site.get("/ptvsd", HTTP_UPGRADE="websocket", HTTP_CONNECTION="Upgrade",
                           HTTP_SEC_WEBSOCKET_VERSION="13", HTTPS="on",
                           HTTP_SEC_WEBSOCKET_KEY="AAAAAAAAAAAAAAAAAAAAAA==",
                           HTTP_AUTHORIZATION=f"Bearer {SECRET}")
    assert 400 <= answer.status < 600


def test_without_a_secret_the_path_is_the_apps(serve):
    """Also where it comes to the channel's listener, as the web server passes it there."""
    site = serve("environ_echo", channel="tcp")
    assert b"PATH_INFO" in site.get("/ptvsd").body
    request = upgrade_request("/ptvsd", {**bearer(SECRET), "Connection": "Upgrade, close"})
    answer = ask(site.channel, request)
    assert answer.status == 200 and "PATH_INFO" in answer.text


def test_a_short_secret_is_told_aloud(sites):
    site = DebugSite(sites, environment={"WSGI_PTVSD_SECRET": "short"})
    assert site.host.log_matches(r"WARN .*WSGI_PTVSD_SECRET.* has fewer than 16 characters")
    assert "fewer than 16 characters" in site.get("/ptvsd").text


# -- frames ------------------------------------------------------------------

def close_frame(payload):
    return encode(CLOSE, payload)


FRAMES = {
    "text": (encode(TEXT, b"hello"), 1003),
    "not masked": (encode(BINARY, b"x", mask=False), 1002),
    "a control frame that is not masked": (encode(PING, b"x", mask=False), 1002),
    "reserved bit 1": (encode(BINARY, b"x", rsv=4), 1002),
    "reserved bit 3": (encode(BINARY, b"x", rsv=1), 1002),
    "unknown opcode": (encode(3, b"x"), 1002),
    "unknown control opcode": (encode(11, b""), 1002),
    "fragmented ping": (encode(PING, b"x", fin=False), 1002),
    "long ping": (encode(PING, b"x" * 126), 1002),
    "nothing to continue": (encode(CONTINUATION, b"x"), 1002),
    "a message within another": (encode(BINARY, b"C", fin=False) + encode(BINARY, b"o"), 1002),
    "16 bits for a short length": (encode(BINARY, b"x", length_bytes=2), 1002),
    "64 bits for a short length": (encode(BINARY, b"x", length_bytes=8), 1002),
    "64 bits for 16": (encode(BINARY, b"x" * 300, length_bytes=8), 1002),
    "more than there is": (encode(BINARY, length_bytes=8, length=1 << 63), 1002),
    "too big": (encode(BINARY, length_bytes=8, length=1 << 40), 1009),
    "half a close code": (close_frame(b"\3"), 1002),
    "a close code that is none": (close_frame(b"\3\xe7"), 1002),
    "a close code that may not be sent": (close_frame(b"\3\xed"), 1002),
    "a close code of nobody": (close_frame(b"\x0b\xb7"), 1002),
    "a close reason that is not UTF-8": (close_frame(b"\3\xe8\xff\xfe"), 1007),
    "no DAP": (encode(BINARY, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 1002),
    "a DAP header without an end": (encode(BINARY, b"x" * 70_000), 1002),
    "a DAP length that is none": (encode(BINARY, b"Content-Length: -5\r\n\r\n"), 1002),
    "a DAP message that is too big":
        (encode(BINARY, b"Content-Length: 99999999999\r\n\r\n"), 1009),
    "normal": (close_frame(b"\3\xe8bye"), 1000),
    "going away": (close_frame(b"\3\xe9"), 1001),
    "a code of its own": (close_frame(b"\x0f\xa0"), 4000),
}


@pytest.mark.sanitized
@pytest.mark.parametrize("name", FRAMES)
def test_frames_that_end_the_session(site, forgiven, name):
    data, code = FRAMES[name]
    site.wait_for_engine()
    peer = site.connect(direct=True)
    peer.send_raw(data)
    closed = peer.read_close()
    assert closed is not None, "closed without a word"
    assert closed.close_code == code, closed.close_reason
    assert SECRET not in closed.close_reason
    assert peer.read_frame() is None, "the connection is closed then"
    peer.drop()
    site.wait_until_detached()


def test_a_session_works_after_all_of_that(site, forgiven):
    with site.attached("app") as client:
        answer = site.ask("/stop?4")
        client.go_on(client.stopped("breakpoint"))
        assert answer.result(DEADLINE).text == "doubled: 8 one"


def test_fragments_and_pings_among_them(site, forgiven):
    site.wait_for_engine()
    peer = site.connect(direct=True)
    request = frame({"seq": 1, "type": "request", "command": "initialize",
                     "arguments": {"adapterID": "python"}})
    pieces = [request[at:at + 7] for at in range(0, len(request), 7)]
    for number, piece in enumerate(pieces):
        peer.send_frame(BINARY if number == 0 else CONTINUATION, piece,
                        fin=number == len(pieces) - 1)
        peer.send_frame(PING, b"%d" % number)
        peer.send_frame(PONG, b"unasked")
    pongs = 0
    stream = b""
    while pongs < len(pieces) or b'"initialize"' not in stream:
        got = peer.read_frame()
        if got.opcode == PONG:
            assert got.payload == b"%d" % pongs
            pongs += 1
        elif got.opcode == BINARY:
            stream += got.payload
    peer.send_close()
    peer.read_close()
    site.wait_until_detached()


# -- one at a time -------------------------------------------------------------

def test_a_second_client_is_told_of_the_first(site, forgiven):
    with site.attached() as client:
        second = site.connect()
        closed = second.read_close()
        assert closed.close_code == 1013
        assert re.search(r"for (less than a second|\d+ )", closed.close_reason)
        assert "takeover" in closed.close_reason
        second.drop()
        assert client.threads(), "the first is not disturbed"


def test_takeover(site, forgiven):
    client = site.attach("app")
    answer = site.ask("/stop?4")
    client.stopped("breakpoint")
    second = DapClient(site.connect("?takeover=1")).attach(site.breakpoints("app"))
    client.wait_for_end()
    assert answer.result(DEADLINE).text == "doubled: 8 one", "the first's breakpoints are gone"
    answer = site.ask("/stop?5")
    second.go_on(second.stopped("breakpoint"))
    assert answer.result(DEADLINE).text == "doubled: 10 one"
    second.disconnect()
    client.close()
    site.wait_until_detached()


def test_takeover_needs_the_secret(site, forgiven):
    with site.attached() as client:
        assert answer_of(site, "/ptvsd?takeover=1", bearer(WRONG)).status == 401
        assert client.threads()


# -- guessing ------------------------------------------------------------------

def guess(port, ca, numbers, seen):
    """Sends wrong secrets, on one connection as long as it is kept."""
    peer = None
    for number in numbers:
        if peer is None:
            peer = dial(("127.0.0.1", port), ca=ca)
        wrong = (f"guess-{number}", SECRET[:number % len(SECRET)], f"{SECRET}{number}")[number % 3]
        try:
            peer.sendall(upgrade_request("/ptvsd", bearer(wrong)))
            answer, _ = read_answer(peer)
        except ConnectionError:
            seen.append(("lost", None))
            peer = None
            continue
        seen.append((answer.status, answer.header("Retry-After")))
        if (answer.header("Connection") or "").lower() == "close":
            peer.close()
            peer = None
    if peer:
        peer.close()


def test_guessing_is_futile_and_disturbs_nobody(sites):
    site = DebugSite(sites, threads=8)
    site.wait_for_engine()
    site.get("/plain")
    before = proc.status_bytes(site.host.pid, "VmRSS")
    seen = []
    guessers = [threading.Thread(target=guess, args=(site.front.port, site.tls.ca,
                                                     range(first, GUESSES, GUESSERS), seen))
                for first in range(GUESSERS)]
    for guesser in guessers:
        guesser.start()
    served = 0
    while any(guesser.is_alive() for guesser in guessers):
        assert site.get("/plain").status == 200
        served += 1
    statuses = {status for status, _ in seen}
    assert len(seen) == GUESSES and statuses == {401, 429}, statuses
    assert all(int(after) > 0 for status, after in seen if status == 429)
    assert sum(status == 401 for status, _ in seen) < 100, "the lock-out lets few through"
    assert served > 10
    assert proc.status_bytes(site.host.pid, "VmRSS") < before + GROWTH or SANITIZED
    assert len(site.host.lines) < 500, "nobody fills the log"
    assert_locked_out_here_alone(site)


def assert_locked_out_here_alone(site):
    request = upgrade_request("/ptvsd", bearer(SECRET))
    address = ("127.0.0.1", site.front.port)
    assert ask(address, request, ca=site.tls.ca).status == 429, "even with the right one"
    assert ask(address, request, ca=site.tls.ca, source="127.0.0.2").status == 101


def test_slow_and_idle_clients_are_reaped(sites):
    site = DebugSite(sites, channel="tcp", ready=False)
    peers = [dial(site.site.channel) for _ in range(3)]
    peers[1].sendall(b"GET /ptvsd HTTP/1.1\r\n")
    peers[2].sendall(b"GET /ptvsd HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for peer in peers:
        peer.settimeout(DEADLINE)
        while peer.recv(1 << 16):
            pass
        peer.close()


def test_one_address_cannot_take_all_connections(site):
    address = ("127.0.0.1", int(site.site.channel.rpartition(":")[2]))
    peers = [socket.create_connection(address, DEADLINE, ("127.0.0.3", 0)) for _ in range(100)]
    try:
        wait_until(lambda: sum(is_closed(peer) for peer in peers) > 50, "most are refused")
        assert answer_of(site, upgrade=False).status == 200
    finally:
        for peer in peers:
            peer.close()


def is_closed(peer):
    peer.setblocking(False)
    try:
        return not peer.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


# -- where the secret must not be --------------------------------------------

SERVERS = ("nginx", "lighttpd", "apache", "caddy")


def test_the_secret_is_in_no_log_and_no_process_title(sites, tmp_path):
    site = DebugSite(sites, yaml="log: {level: debug}\n")
    site.wait_for_engine()
    marks = []
    fronts = [sites.front_end(kind, site.site, channel=True, tls=site.tls) for kind in SERVERS]
    for front in fronts:
        for credentials in (bearer(SECRET), basic(SECRET), basic("", SECRET)):
            opened = WebSocket.connect(("127.0.0.1", front.port), headers=credentials,
                                       ca=site.tls.ca)
            marks.append(opened.answer.mark)
            client = DapClient(opened).attach(site.breakpoints("app"))
            answer = site.ask("/stop")
            thread = client.stopped()
            client.evaluate("'said-by-the-' + 'debugger'", client.top(thread)["id"])
            client.go_on(thread)
            answer.result(DEADLINE)
            client.disconnect()
            site.wait_until_detached()
        front.get("/ptvsd/state", **bearer(SECRET))
    titles = titles_with_a_bridge(site, tmp_path)
    for front in fronts:
        front.stop()
    logs = {str(path): path.read_text(errors="replace") for front in fronts
            for path in front.folder.iterdir() if path.suffix == ".log"}
    assert sum("/ptvsd" in text for text in logs.values()) >= len(SERVERS), "they do log"
    logs["holdfast"] = site.host.log
    logs["titles"] = titles
    for where, text in logs.items():
        assert SECRET not in text, where
        assert "said-by-the-" not in text, where
        assert not any(mark in text for mark in marks), where


def titles_with_a_bridge(site, folder):
    """Command lines of all processes of this machine a second after `holdfast attach`."""
    url = f"wss://{SECRET}@localhost:{site.front.port}/ptvsd"
    bridge = HoldfastProcess(["attach", url, "--listen", "127.0.0.1:0", "--ca", site.tls.ca],
                             folder)
    try:
        bridge.wait_for_log(r"127\.0\.0\.1:\d+")
        wait_until(lambda: SECRET not in proc.command_line(bridge.pid), "the title is clean", 1)
        assert SECRET not in bridge.log
        return "\n".join(map(proc.command_line, proc.all_pids()))
    finally:
        bridge.kill_leftovers()
