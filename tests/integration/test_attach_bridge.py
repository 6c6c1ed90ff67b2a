"""`holdfast attach` against a fake site: sessions, paths, warnings, its end."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import ssl
import subprocess
import termios
import threading
from pathlib import Path

import pytest

from support import proc
from support.fake_site import SECRET, FakeProxy, FakeSite, dap
from support.holdfast_process import HoldfastProcess
from support.paths import HOLDFAST, MEMORY_LIMIT
from support.test_ca import authority
from support.waiting import DEADLINE, wait_until, wait_until_settled

pytestmark = pytest.mark.sanitized

INITIALIZE = {"seq": 1, "type": "request", "command": "initialize",
              "arguments": {"clientID": "vscode", "clientName": "Visual Studio Code"}}
TERMINATED = b'"event": "terminated"'


class Attach(HoldfastProcess):
    """A running bridge; its first free port is `port`."""

    def __init__(self, url, folder, *options, **more):
        super().__init__(["attach", url, "--listen", "127.0.0.1:0", *options], folder, **more)

    @property
    def port(self):
        return int(self.wait_for_log(r"waiting for a debugger on 127\.0\.0\.1:(\d+)")[1])

    def debugger(self, first=INITIALIZE):
        return Debugger(self.port, first)


class Debugger:
    """first: what it says before anything else; None: nothing"""

    def __init__(self, port, first=INITIALIZE):
        self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE)
        self.received = bytearray()
        if first:
            self.send(first)

    def send(self, message):
        self.socket.sendall(dap(message))

    def read_until(self, data):
        while data not in self.received:
            more = self.socket.recv(65536)
            assert more, f"ended without {data!r}: {bytes(self.received)}"
            self.received += more

    def read_all(self):
        while (more := self.socket.recv(65536)):
            self.received += more
        return bytes(self.received)

    def close(self):
        self.socket.close()


def tls_context(names=None, days=30):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours = authority()
    certificate, key = (ours.certificate, ours.key) if names is None else ours.sign(
        f"bridge-{abs(hash((names, days)))}", names, days)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
def fake_sites():
    made = []

    def make(**more):
        made.append(FakeSite(**more))
        return made[-1]
    yield make
    for site in made:
        site.stop()


@pytest.fixture
def site(fake_sites):
    return fake_sites()


@pytest.fixture
def attach(tmp_path):
    bridges = []

    def start(url, *options, folder=tmp_path, **more):
        bridges.append(Attach(url, folder, *options, **more))
        return bridges[-1]
    yield start
    for bridge in bridges:
        bridge.kill_leftovers()
        bridge.assert_no_reports()


def queued_by(session):
    """Bytes that the kernel holds for the site's peer (SIOCOUTQ)."""
    return fcntl.ioctl(session.fileno(), termios.TIOCOUTQ, b"\0" * 4)


def run(*arguments, environment=None, **more):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HOLDFAST_", "HTTPS_", "NO_"))}
    return subprocess.run([HOLDFAST, *map(str, arguments)], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=DEADLINE, start_new_session=True,
                          env={**clean, **(environment or {})}, **more)


# -- one session -----------------------------------------------------------

def test_a_session_from_attach_to_detach_and_another_one(site, attach):
    bridge = attach(site.url())
    for count in (1, 2):
        bridge.wait_for_log("waiting for a debugger", count=count)
        debugger = bridge.debugger()
        debugger.send(INITIALIZE)
        debugger.read_until(b"hello")
        session = site.session(count)
        session.wait_for(dap(INITIALIZE))
        bridge.wait_for_log("^attached \u00b7 VS Code$", count=count)
        session.send(dap({"seq": 2, "type": "response", "command": "initialize"}))
        debugger.read_until(b'"response"')
        debugger.close()
        assert session.ended.wait(DEADLINE)
        assert session.closed_with == (1000, "the debugger has left")
        assert session.headers["authorization"] == "Bearer " + SECRET
        assert "origin" not in session.headers
    bridge.wait_for_log("waiting for a debugger", count=3)
    bridge.stop(signal.SIGINT)
    assert SECRET not in bridge.log


def test_bytes_pass_unchanged_in_both_directions(site, attach):
    bridge = attach(site.url())
    debugger = bridge.debugger(None)
    odd = (b"content-LENGTH: 11\r\nContent-Type: x\r\n\r\n" + '{"a": "\u00e4"}'.encode()
           + dap(b"not even JSON") + dap({"seq": 5, "command": "x", "data": "y" * 3_000_000}))
    for byte in odd[:100]:
        debugger.socket.sendall(bytes([byte]))
    debugger.socket.sendall(odd[100:])
    session = site.session()
    wait_until(lambda: len(session.received) >= len(odd), "all has come")
    assert bytes(session.received) == odd
    debugger.read_until(b"hello")
    debugger.received.clear()
    back = dap({"type": "event", "event": "x", "data": "z" * 5_000_000})
    session.send(back)
    debugger.read_until(b"z\"}")
    assert bytes(debugger.received) == back
    bridge.stop()


def test_a_slow_debugger_makes_the_site_wait_and_loses_nothing(site, attach):
    bridge = attach(site.url())
    debugger = bridge.debugger()
    session = site.session()
    message = dap({"type": "event", "event": "x", "data": "z" * 1_000_000})
    sender = threading.Thread(target=lambda: [session.send(message) for _ in range(64)])
    sender.start()
    debugger.read_until(b"hello")
    # As long as nobody reads, it stays where it is.
    wait_until_settled(lambda: queued_by(session))
    assert sender.is_alive()
    assert proc.highest_memory(bridge.pid) < MEMORY_LIMIT
    total = 64 * len(message)
    received = len(debugger.received.split(b"hello", 1)[1].split(b"}}", 1)[1])
    while received < total:
        received += len(debugger.socket.recv(1 << 20))
    assert received == total
    sender.join(DEADLINE)
    bridge.stop()


def test_pings_are_answered(site, attach):
    bridge = attach(site.url())
    debugger = bridge.debugger()
    session = site.session()
    session.ping(b"still there?")
    wait_until(lambda: session.pongs == [b"still there?"], "a pong")
    debugger.close()
    bridge.stop()


def test_only_one_debugger_at_a_time(site, attach):
    bridge = attach(site.url())
    first = bridge.debugger()
    site.session()
    bridge.wait_for_log("^attached")
    second = Debugger(bridge.port, None)
    assert second.read_all() == b""
    bridge.wait_for_log("another debugger has tried to attach")
    first.send(INITIALIZE)
    site.session().wait_for(b"initialize")
    bridge.stop()


def test_a_terminal_has_one_line_that_lives(site, tmp_path):
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execve(HOLDFAST, ["holdfast", "attach", site.url(), "--listen", "127.0.0.1:0"],
                  {**os.environ, "TERM": "xterm"})
    seen = b""

    def read_until(pattern):
        nonlocal seen
        while not (found := re.search(pattern, seen)):
            assert select.select([terminal], [], [], DEADLINE)[0], seen
            seen += os.read(terminal, 1024)
        return found

    port = int(read_until(rb"waiting for a debugger on 127\.0\.0\.1:(\d+)")[1])
    debugger = Debugger(port)
    debugger.send(INITIALIZE)
    read_until("\r\x1b\\[Kattached \u00b7 VS Code \u00b7 [1-9]\\d* s".encode())
    os.write(terminal, b"\x03")
    debugger.read_all()
    debugger.close()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert site.session().closed_with == (1000, "the bridge was stopped")
    os.close(terminal)


# -- its end ---------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_says_goodbye_to_both_sides(site, attach, number):
    bridge = attach(site.url())
    debugger = bridge.debugger()
    debugger.read_until(b"hello")
    bridge.wait_for_log("^attached")
    bridge.process.send_signal(number)
    assert TERMINATED in debugger.read_all()
    debugger.close()
    session = site.session()
    assert session.ended.wait(DEADLINE)
    assert session.closed_with == (1000, "the bridge was stopped")
    assert bridge.wait_exit() == 0


def test_a_signal_while_nothing_happens(site, attach):
    bridge = attach(site.url())
    assert bridge.port
    bridge.stop(signal.SIGINT)
    assert site.sessions == []


def test_a_signal_in_the_tls_handshake(attach):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bridge = attach(f"wss://{SECRET}@localhost:{silent.getsockname()[1]}/ptvsd")
        silent.settimeout(DEADLINE)
        connection, _ = silent.accept()
        assert connection.recv(1)
        bridge.process.send_signal(signal.SIGINT)
        # By itself it would say after 10 s that there is no handshake, and fail.
        assert bridge.wait_exit() == 0
        connection.close()


def test_a_site_that_ends_without_a_goodbye_does_not_keep_it(site, attach):
    bridge = attach(site.url())
    debugger = bridge.debugger()
    session = site.session()
    session.answers_close = False
    bridge.wait_for_log("^attached")
    debugger.close()
    bridge.process.send_signal(signal.SIGINT)
    assert bridge.wait_exit() == 0
    assert session.closed_with[0] == 1000


@pytest.mark.parametrize("end", ["close", "abort", "garbage"])
def test_the_debugger_is_told_that_the_site_has_gone(site, attach, end):
    bridge = attach(site.url())
    debugger = bridge.debugger()
    debugger.read_until(b"hello")
    session = site.session()
    if end == "close":
        session.close(1001, "The site's host is stopping.")
        text = "the site says: The site's host is stopping."
    elif end == "abort":
        session.abort()
        text = "the connection to the site was lost"
    else:
        session.send_raw(b"\xff" * 20)
        text = "what the site sends is no WebSocket"
    received = debugger.read_all()
    assert text.encode() in received and TERMINATED in received
    bridge.wait_for_log(text)
    debugger.close()
    # And it goes on.
    bridge.wait_for_log("waiting for a debugger", count=2)
    again = bridge.debugger()
    again.read_until(b"hello")
    again.close()
    bridge.stop()


def test_half_a_message_of_the_site_is_none(site, attach):
    bridge = attach(site.url())
    debugger = bridge.debugger()
    debugger.read_until(b"hello\"}}")
    debugger.received.clear()
    session = site.session()
    session.send(dap({"type": "event", "event": "x", "data": "x" * 100})[:70])
    session.abort()
    received = debugger.read_all()
    assert b"xx" not in received and TERMINATED in received
    bridge.stop()


@pytest.mark.parametrize("message", [
    {"seq": 5, "type": "request", "command": "runInTerminal", "arguments": {"args": ["sh"]}},
    {"seq": 5, "type": "request", "command": "startDebugging", "arguments": {"request": "launch"}},
    {"seq": 5, "type": "event", "event": "debugpyAttach", "body": {"type": "node"}},
    b'{"seq": 5, "type": "event", "event": "x", "type": "request", "command": "runInTerminal"}',
])
def test_a_site_makes_the_editor_run_nothing(site, attach, message):
    bridge = attach(site.url())
    debugger = bridge.debugger()
    session = site.session()
    session.wait_for(dap(INITIALIZE))
    for _ in range(3):
        session.send(dap(message))
    session.send(dap({"seq": 6, "type": "event", "event": "behind-it"}))
    debugger.read_until(b"behind-it")
    assert bytes(debugger.received).count(b"Content-Length") == 2
    if b'"request"' in dap(message) and b"event" not in dap(message):
        wait_until(lambda: session.received.count(b'"success": false') == 3, "three answers")
        assert b'"request_seq": 5' in session.received
    else:
        assert bytes(session.received) == dap(INITIALIZE)
    bridge.wait_for_log("warning: the site has sent .*could run programs on this machine")
    bridge.stop()
    assert len(bridge.log_matches("warning: the site has sent")) == 1


BODY = dap({"seq": 1, "type": "request", "command": "evaluate", "arguments": {"expression": "1"}})


@pytest.mark.parametrize("options, words", [
    ([], "does not speak the Debug Adapter Protocol"), (["--raw"], "speaks HTTP")])
@pytest.mark.parametrize("line", ["GET / HTTP/1.1", "POST / HTTP/1.1", "POST /a:b HTTP/1.1",
                                  "OPTIONS /x:y HTTP/1.1"])
def test_a_web_page_gets_nothing_to_the_site(site, attach, options, words, line):
    bridge = attach(site.url(), *options)
    debugger = bridge.debugger(None)
    head = (f"{line}\r\nHost: 127.0.0.1:{bridge.port}\r\nConnection: keep-alive\r\n"
            f"Content-Length: {len(BODY)}\r\nOrigin: https://evil.example\r\n"
            "Content-Type: text/plain\r\nSec-Fetch-Mode: no-cors\r\n\r\n")
    debugger.socket.sendall(head.encode() + BODY)
    debugger.read_all()
    bridge.wait_for_log(words)
    if options:
        session = site.session()
        assert session.ended.wait(DEADLINE)
        assert bytes(session.received) == b""
    bridge.stop()
    assert len(site.sessions) == len(options)


def test_a_connection_alone_does_not_attach(site, attach):
    """Of a port scanner, or a browser that prepares for a request: the site would change for it."""
    bridge = attach(site.url())
    silent, gone = bridge.debugger(None), bridge.debugger(None)
    silent.socket.sendall(b"Content-Length: 10\r\n\r\n")
    gone.close()
    assert silent.read_all() == b""
    assert site.sessions == []
    # Whoever comes meanwhile is served then.
    bridge.debugger().read_until(b"hello")
    bridge.stop()


def test_another_debugger_is_attached(site, attach):
    site.other = {"client": "192.0.2.7", "since_seconds": 130, "name": "Visual Studio"}
    site.busy = "Another debugger has been attached for 2 min."
    bridge = attach(site.url())
    bridge.wait_for_log(r"Visual Studio from 192\.0\.2\.7 has been attached for 2 min 10 s: .*"
                        r"\?takeover=1")
    debugger = bridge.debugger()
    received = debugger.read_all()
    assert site.busy.encode() in received and TERMINATED in received
    bridge.wait_for_log("the site says: " + site.busy)
    bridge.stop()


def test_the_query_goes_to_the_site(site, attach):
    site.other = {"client": "192.0.2.7", "since_seconds": 130, "name": ""}
    bridge = attach(site.url(query="?takeover=1"))
    debugger = bridge.debugger()
    assert site.session().query == "takeover=1"
    assert "has been attached" not in bridge.log
    debugger.close()
    bridge.stop()


def test_a_site_that_is_down_for_a_while_is_tried_again(site, attach):
    bridge = attach(site.url())
    assert bridge.port
    site.answers["/ptvsd"] = 503, {}, b"deploying"
    debugger = bridge.debugger()
    debugger.send(INITIALIZE)
    bridge.wait_for_log("503 Some Words: the site is not to be reached now")
    bridge.wait_for_log("trying again in 1 s")
    bridge.wait_for_log("trying again in 2 s")
    del site.answers["/ptvsd"]
    debugger.read_until(b"hello")
    site.session().wait_for(dap(INITIALIZE))
    debugger.close()
    bridge.stop()


def test_a_debugger_that_gives_up_is_noticed(site, attach):
    bridge = attach(site.url())
    assert bridge.port
    site.answers["/ptvsd"] = 504, {}, b""
    debugger = bridge.debugger()
    debugger.send(INITIALIZE)
    bridge.wait_for_log("trying again")
    debugger.close()
    bridge.wait_for_log("the debugger has given up")
    bridge.wait_for_log("waiting for a debugger", count=2)
    bridge.stop()


def test_what_does_not_pass_ends_the_attempt_and_the_debugger_shows_it(site, attach):
    bridge = attach(site.url())
    assert bridge.port
    site.answers["/ptvsd"] = (503, {"Content-Type": "text/plain", "Holdfast-Problem": "engine"},
                              b"debugpy is not installed in /venv: run /venv/bin/pip install debugpy")
    received = bridge.debugger().read_all()
    assert b"run /venv/bin/pip install debugpy" in received and TERMINATED in received
    bridge.wait_for_log("run /venv/bin/pip install debugpy")
    bridge.stop()


def test_the_end_that_the_debugger_asked_for_is_no_news(site, attach):
    bridge = attach(site.url())
    debugger = bridge.debugger()
    debugger.read_until(b"hello")
    debugger.send({"seq": 2, "type": "request", "command": "disconnect"})
    session = site.session()
    session.wait_for(b"disconnect")
    session.close(1000, "The debug engine has closed the connection.")
    assert TERMINATED not in debugger.read_all()
    debugger.close()
    bridge.wait_for_log("waiting for a debugger", count=2)
    assert "the site" not in bridge.log.split("connecting to the site")[-1]
    bridge.stop()


def test_the_mark_of_a_session_is_said_where_it_counts(site, attach):
    site.route = "marked"
    bridge = attach(site.url())
    debugger = bridge.debugger()
    bridge.wait_for_log("cookie holdfast-debug=the-mark or the header X-Holdfast-Debug: the-mark")
    debugger.close()
    bridge.stop()


# -- paths and files -------------------------------------------------------

def attach_message(**arguments):
    return {"seq": 2, "type": "request", "command": "attach", "arguments": arguments}


def breakpoints_in(path):
    return {"seq": 3, "type": "request", "command": "setBreakpoints",
            "arguments": {"source": {"path": str(path)}, "breakpoints": [{"line": 1}]}}


def test_attach_gets_the_mapping_of_the_folders(site, attach, tmp_path):
    bridge = attach(site.url(), "--local-root", tmp_path)
    bridge.wait_for_log(f"paths: {tmp_path} here is /srv/app there")
    debugger = bridge.debugger(attach_message(justMyCode=True))
    session = site.session()
    session.wait_for(b"}}")
    message = json.loads(bytes(session.received).split(b"\r\n\r\n")[1])
    assert message == attach_message(
        justMyCode=True, pathMappings=[{"localRoot": str(tmp_path), "remoteRoot": "/srv/app"}])
    length = int(bytes(session.received).split(b"\r\n")[0].split(b": ")[1])
    assert length == len(bytes(session.received).split(b"\r\n\r\n")[1])
    bridge.stop()


@pytest.mark.parametrize("options, mappings", [
    (["--raw"], {}),
    (["--local-root", "/usr"], {"pathMappings": [{"localRoot": "/", "remoteRoot": "/"}]}),
])
def test_attach_gets_no_mapping_where_none_is_needed(fake_sites, attach, options, mappings):
    site = fake_sites(app_root="/usr")
    bridge = attach(site.url(), *options)
    debugger = bridge.debugger()
    debugger.send(attach_message())
    site.session().wait_for(dap(attach_message(**mappings)))
    bridge.stop()


def test_raw_relays_whatever_it_is(site, attach):
    bridge = attach(site.url(), "--raw")
    debugger = bridge.debugger()
    debugger.socket.sendall(b"no DAP at all")
    session = site.session()
    session.wait_for(b"no DAP at all")
    session.send(b"nor this")
    debugger.read_until(b"nor this")
    debugger.received.clear()
    session.close(1001, "gone")
    assert debugger.read_all() == b""
    bridge.stop()


def test_files_that_differ_are_told_of_once(site, attach, tmp_path):
    site.sources = {"a/same.py": b"x = 1\n", "other.py": b"x = 2\n"}
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "same.py").write_bytes(b"x = 1\r\n")
    (tmp_path / "other.py").write_bytes(b"x = 1\n")
    (tmp_path / "new one.py").write_bytes(b"x = 1\n")
    bridge = attach(site.url())
    debugger = bridge.debugger()
    for _ in range(3):
        for name in ("a/same.py", "other.py", "new one.py"):
            debugger.send(breakpoints_in(tmp_path / name))
    debugger.send(breakpoints_in("/usr/lib/python3/os.py"))
    # Before the mapping counts, no path of here is one of there.
    debugger.send(attach_message())
    assert "warning" not in bridge.log
    for name in ("a/same.py", "other.py", "new one.py", "other.py"):
        debugger.send(breakpoints_in(tmp_path / name))
    bridge.wait_for_log("warning: other.py differs from the deployed one")
    bridge.wait_for_log("warning: new one.py is not deployed")
    debugger.send(breakpoints_in(tmp_path / "other.py"))
    site.session().wait_for(dap(breakpoints_in(tmp_path / "new one.py")))
    assert len(bridge.log_matches("warning: ")) == 2
    asked = [target for _, target in site.requests if "/source" in target]
    assert asked[0] == "/ptvsd/source?file=a%2Fsame.py"
    assert len(asked) == 3
    bridge.stop()


def test_the_wrong_folder_is_told_of(site, attach, tmp_path):
    site.sources = {"a.py": b""}
    bridge = attach(site.url(), "--local-root", "/usr")
    debugger = bridge.debugger()
    debugger.send(attach_message())
    for name in ("a.py", "a.py", "b.py"):
        debugger.send(breakpoints_in(tmp_path / name))
    bridge.wait_for_log(f"warning: {tmp_path}/a.py is not below /usr, so it is no file of the site: "
                        "start in its folder, or give --local-root DIR")
    # Below it, though no file of this system.
    debugger.send(breakpoints_in("/usr/a.py"))
    debugger.send(breakpoints_in("/usr/site/a.py"))
    debugger.send(breakpoints_in("/usr/site/a.py"))
    bridge.wait_for_log("warning: site/a.py is not deployed.*--local-root DIR")
    debugger.send(INITIALIZE)
    site.session().wait_for(dap(INITIALIZE))
    bridge.stop()
    assert len(bridge.log_matches("warning: ")) == 2


def test_a_file_that_is_slow_to_compare_delays_no_message(site, attach, tmp_path):
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    bridge = attach(site.url())
    assert bridge.port
    # An answer that does not end.
    site.answers["/ptvsd/source"] = 200, {"Content-Length": 1000, "Connection": "keep-alive"}, b"{"
    debugger = bridge.debugger()
    debugger.send(attach_message())
    debugger.send(breakpoints_in(tmp_path / "a.py"))
    debugger.send(INITIALIZE)
    site.session().wait_for(dap(INITIALIZE))
    bridge.process.send_signal(signal.SIGINT)
    debugger.close()
    assert bridge.wait_exit() == 0


# -- launch.json -----------------------------------------------------------

def test_launch_json_is_written_and_kept(site, attach, tmp_path):
    file = tmp_path / ".vscode" / "launch.json"
    bridge = attach(site.url(), "--launch-json")
    port = bridge.port
    assert json.loads(file.read_text())["configurations"] == [
        {"name": "Holdfast: 127.0.0.1", "type": "debugpy", "request": "attach",
         "connect": {"host": "127.0.0.1", "port": port}, "justMyCode": True}]
    bridge.wait_for_log("launch.json has the configuration \"Holdfast: 127.0.0.1\" now")
    bridge.stop()
    assert [path.name for path in file.parent.iterdir()] == ["launch.json"]


def test_launch_json_that_cannot_be_changed_stays(site, tmp_path):
    file = tmp_path / ".vscode" / "launch.json"
    file.parent.mkdir()
    file.write_text("{ broken")
    done = run("attach", site.url(), "--listen", "127.0.0.1:0", "--launch-json", cwd=tmp_path)
    assert done.returncode == 1
    assert "launch.json cannot be changed: line 1" in done.stderr
    assert file.read_text() == "{ broken"


# -- TLS and the way there -------------------------------------------------

def test_tls_is_verified_by_the_file_of_a_ca(fake_sites, attach):
    site = fake_sites(context=tls_context())
    bridge = attach(site.url("localhost"), "--ca", authority().ca)
    debugger = bridge.debugger()
    debugger.send(INITIALIZE)
    site.session().wait_for(dap(INITIALIZE))
    debugger.close()
    assert site.session().ended.wait(DEADLINE)
    assert site.session().closed_with[0] == 1000
    bridge.stop()


def test_the_way_leads_through_a_proxy(fake_sites, attach):
    site = fake_sites(context=tls_context())
    proxy = FakeProxy(site.port, "me:p@ss")
    try:
        environment = {"HTTPS_PROXY": proxy.url.replace("//", "//me:p%40ss@")}
        bridge = attach(site.url("site.test"), "--ca", authority().ca, environment=environment)
        debugger = bridge.debugger()
        debugger.read_until(b"hello")
        assert set(proxy.targets) == {f"site.test:{site.port}"}
        debugger.close()
        bridge.stop()
    finally:
        proxy.stop()


def test_the_secret_leaves_the_title_of_the_process(site, attach):
    bridge = attach(site.url())
    assert bridge.port
    title = Path(f"/proc/{bridge.pid}/cmdline").read_bytes()
    assert SECRET.encode() not in title
    assert f"ws://***@127.0.0.1:{site.port}/ptvsd\0".encode() in title
    bridge.stop()


def test_nothing_is_left_behind_after_many_sessions(site, attach):
    bridge = attach(site.url())
    for count in range(1, 31):
        debugger = bridge.debugger()
        debugger.read_until(b"hello")
        debugger.close()
        bridge.wait_for_log("waiting for a debugger", count=count + 1)
        if count == 5:
            before = len(os.listdir(f"/proc/{bridge.pid}/fd"))
    assert len(os.listdir(f"/proc/{bridge.pid}/fd")) == before
    bridge.stop()
