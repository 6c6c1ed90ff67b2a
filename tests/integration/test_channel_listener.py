"""The listener of the debug channel: `serve --channel`, by a UNIX socket, TCP and TLS.

Where no secret is set the debug path belongs to the app, which tells here what came through.
"""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
from pathlib import Path

import pytest

from support import proc
from support.dap_client import DapClient
from support.debug_site import SECRET
from support.engines import DEBUGPY
from support.paths import HOLDFAST
from support.test_ca import NAMES, authority
from support.waiting import DEADLINE, wait_until
from support.web_socket import WebSocket, bearer

pytestmark = pytest.mark.sanitized

PATH = "/ptvsd"
PER_ADDRESS = 32
ALL = 256


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(self._path)


class Channel:
    """The channel listener of a running site."""

    def __init__(self, site, tls=None):
        self.site = site
        self.tls = tls  #: an ssl.SSLContext
        kind, _, self.place = site.channel.partition(":")
        self.is_unix = kind == "unix"
        if not self.is_unix:
            host, _, port = self.place.rpartition(":")
            self.place = host, int(port)

    def raw(self):
        """A plain connection, whatever the listener speaks."""
        peer = socket.socket(socket.AF_UNIX if self.is_unix else socket.AF_INET)
        peer.settimeout(DEADLINE)
        peer.connect(self.place)
        return peer

    def connection(self):
        if self.is_unix:
            return UnixConnection(self.place)
        if self.tls:
            return http.client.HTTPSConnection(*self.place, timeout=DEADLINE, context=self.tls)
        return http.client.HTTPConnection(*self.place, timeout=DEADLINE)

    def ask(self, target=PATH, method="GET", body=None, **headers):
        """Returns status and body of the answer."""
        with contextlib.closing(self.connection()) as connection:
            connection.request(method, target, body,
                               {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("latin-1")

    def environ(self, target=PATH, **headers):
        """What the app sees."""
        status, body = self.ask(target, **headers)
        assert status == 200, body
        return json.loads(body)["environ"]

    def exchange(self, data):
        """Sends bytes, and reads until the host closes; nothing where it resets."""
        with contextlib.closing(self.raw()) as peer:
            with contextlib.suppress(ConnectionError):
                peer.sendall(data)
                return b"".join(iter(lambda: peer.recv(65536), b""))
            return b""


@pytest.fixture
def channel(serve):
    def start(kind="unix", app="environ_echo", **more):
        return Channel(serve(app, channel=kind, **more))
    return start


@pytest.fixture
def tls_channel(serve, tmp_path):
    """With TLS; its files are copies in tmp_path."""
    def start(app="environ_echo", options=(), **more):
        copy_certificate(tmp_path, authority().certificate, authority().key)
        files = ["--channel-certificate", tmp_path / "c.pem", "--channel-key", tmp_path / "c.key"]
        site = serve(app, channel="tcp", options=[*files, *options], **more)
        return Channel(site, ssl.create_default_context(cafile=authority().ca))
    return start


def copy_certificate(folder, certificate, key):
    (folder / "c.pem").write_bytes(Path(certificate).read_bytes())
    (folder / "c.key").write_bytes(Path(key).read_bytes())


def is_closed(peer):
    """Whether the host has ended the connection."""
    peer.setblocking(False)
    try:
        return peer.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    finally:
        peer.settimeout(DEADLINE)


# -- what it serves ----------------------------------------------------------


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_the_debug_path_and_what_is_below_it(channel, kind):
    listener = channel(kind)
    assert listener.environ()["PATH_INFO"] == PATH
    assert listener.environ(PATH + "/view?x=1")["QUERY_STRING"] == "x=1"
    assert listener.environ("/%70tvsd/a%20b")["PATH_INFO"] == "/ptvsd/a b"


@pytest.mark.parametrize("target", ["/", "/ptvsdx", "/PTVSD", "/x/ptvsd", "//ptvsd", "/admin?/ptvsd"])
def test_nothing_else(channel, target):
    status, body = channel().ask(target)
    assert status == 404
    assert "This listener is for the debug channel, below /ptvsd, alone." in body


def test_no_header_leads_to_another_path(channel):
    """A web server has let it pass by its path, whatever is forbidden elsewhere."""
    assert channel().environ(X_Original_URL="/admin")["PATH_INFO"] == PATH


def test_another_debug_path(channel):
    listener = channel(environment={"WSGI_PTVSD_PATH": "/dbg/x"})
    assert listener.environ("/dbg/x")["PATH_INFO"] == "/dbg/x"
    assert listener.ask(PATH)[0] == 404


def test_a_web_server_on_the_unix_socket_is_believed(channel):
    environ = channel().environ(X_Forwarded_For="203.0.113.5", X_Forwarded_Proto="https")
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("203.0.113.5", "https")


def test_nobody_on_the_unix_socket_is_believed_where_it_is_not_trusted(channel):
    listener = channel(settings="server:\n  trusted_hops: []\n")
    environ = listener.environ(X_Forwarded_For="203.0.113.5", X_Forwarded_Proto="https")
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("unix:", "http")


def test_a_peer_by_tcp_is_believed_only_if_it_is_trusted(channel):
    claims = {"X_Forwarded_For": "203.0.113.5", "X_Forwarded_Proto": "https"}
    environ = channel("tcp").environ(**claims)
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("127.0.0.1", "http")
    trusting = channel("tcp", settings="server:\n  trusted_hops: 127.0.0.1\n")
    environ = trusting.environ(**claims)
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("203.0.113.5", "https")


# -- the socket --------------------------------------------------------------


def test_socket_file(channel):
    listener = channel(options=["--socket-mode", "0600"])
    assert stat.S_IMODE(os.stat(listener.place).st_mode) == 0o600
    listener.site.host.stop()
    assert not os.path.exists(listener.place)


def test_a_socket_file_that_is_removed_is_made_anew(channel):
    listener = channel()
    os.unlink(listener.place)
    listener.site.host.wait_for_log(rf"the socket file of unix:{listener.place} was gone .* anew")
    assert listener.environ()["PATH_INFO"] == PATH
    assert listener.site.get().status == 200


def test_the_socket_of_a_host_that_died_is_taken_over(serve, sites, tmp_path):
    path = tmp_path / "left"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    site = serve("hello", options=["--channel", f"unix:{path}"])
    site.channel = f"unix:{path}"
    assert Channel(site).ask()[0] == 200


def run(*arguments, **environment):
    return subprocess.run([HOLDFAST, *map(str, arguments)], capture_output=True, text=True,
                          timeout=DEADLINE, check=False, env={**os.environ, **environment})


def test_an_address_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tcp:127.0.0.1:{taken.getsockname()[1]}"
        done = run("serve", "--listen", f"unix:{tmp_path}/s", "--handler", "a.app", "--app-root",
                   tmp_path, "--channel", address)
    assert done.returncode == 1
    assert f"cannot listen on {address}" in done.stderr


def test_dev_has_no_channel_option(tmp_path):
    done = run("dev", "a:app", "--channel", f"unix:{tmp_path}/s")
    assert done.returncode == 2
    assert "--channel" in done.stderr


# -- its limits --------------------------------------------------------------


def test_a_large_head_is_refused(channel):
    status, _ = channel().ask(X_Large="x" * 17_000)
    assert status == 431


def test_a_large_body_is_refused(channel):
    listener = channel()
    assert listener.ask(method="POST", body=b"x" * 65_536)[0] == 200
    assert listener.ask(method="POST", body=b"x" * 65_537)[0] == 413


@pytest.mark.parametrize("garbage", [b"\0" * 1000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                                     b"GET /ptvsd\r\n\r\n", b"GET /ptvsd HTTP/1.1\r\n\r\n",
                                     b"GET /ptvsd HTTP/1.1\nHost: x\n\n", b"\r\n" * 10_000,
                                     os.urandom(20_000)])
def test_garbage_harms_nobody(channel, garbage):
    listener = channel("tcp")
    with contextlib.closing(listener.raw()) as peer:
        with contextlib.suppress(ConnectionError):
            peer.sendall(garbage)
            peer.shutdown(socket.SHUT_WR)
            peer.recv(65536)
    assert listener.environ()["PATH_INFO"] == PATH


@pytest.mark.parametrize("sent", [b"", b"GET /ptvsd HTTP/1.1\r\nHost: x\r\n",
                                  b"POST /ptvsd HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"])
def test_a_slow_client_is_left(channel, sent):
    listener = channel("tcp")
    before = len(proc.descriptors(listener.site.host.pid))
    answer = listener.exchange(sent)
    assert not answer or answer.startswith(b"HTTP/1.1 408 ")
    wait_until(lambda: len(proc.descriptors(listener.site.host.pid)) <= before, "its socket is closed")


def test_one_address_has_a_share(channel):
    listener = channel("tcp")
    silent = [listener.raw() for _ in range(PER_ADDRESS)]
    assert listener.environ()["PATH_INFO"] == PATH
    # The one that had waited longest gave way.
    wait_until(lambda: is_closed(silent[0]), "the first is closed")
    assert not is_closed(silent[-1])
    for peer in silent:
        peer.close()


def test_a_web_server_on_the_unix_socket_has_all(channel):
    listener = channel()
    silent = [listener.raw() for _ in range(2 * PER_ADDRESS)]
    assert listener.environ()["PATH_INFO"] == PATH
    assert not any(map(is_closed, silent))
    for peer in silent:
        peer.close()


def test_a_flood_leaves_nothing(channel):
    listener = channel()
    host = listener.site.host
    before = len(proc.descriptors(host.pid))
    peers = [listener.raw() for _ in range(ALL + 50)]
    assert listener.environ()["PATH_INFO"] == PATH
    assert listener.site.get().status == 200
    assert len(proc.descriptors(host.pid)) < before + ALL + 50
    for peer in peers:
        peer.close()
    wait_until(lambda: len(proc.descriptors(host.pid)) <= before, "all descriptors are closed")


# -- TLS ---------------------------------------------------------------------


def test_tls(tls_channel):
    listener = tls_channel()
    listener.site.host.wait_for_log(r"listening on tcp:127\.0\.0\.1:\d+ with TLS")
    environ = listener.environ()
    assert (environ["wsgi.url_scheme"], environ["REMOTE_ADDR"]) == ("https", "127.0.0.1")


def test_tls_carries_much(tls_channel):
    listener = tls_channel("bulk", environment={"WSGI_PTVSD_PATH": "/down"})
    _, body = listener.ask("/down?3000000")
    assert len(body) == 3_000_000


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_versions(tls_channel, version):
    listener = tls_channel()
    listener.tls.minimum_version = listener.tls.maximum_version = version
    assert listener.environ()["HTTPS"] == "on"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(tls_channel):
    listener = tls_channel()
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(authority().ca)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    listener.tls = old
    with pytest.raises((ssl.SSLError, ConnectionError)):
        listener.ask()
    listener.site.host.wait_for_log("no TLS connection with 127.0.0.1: .*TLS")


def test_plain_http_on_the_tls_port_is_told(tls_channel):
    listener = tls_channel()
    listener.exchange(b"GET /ptvsd HTTP/1.1\r\nHost: x\r\n\r\n")
    listener.site.host.wait_for_log("no TLS connection with 127.0.0.1: it speaks plain HTTP")


def test_each_tls_connection_gives_its_thread_and_descriptors_back(tls_channel):
    listener = tls_channel()
    listener.ask()
    host = listener.site.host
    quiet = proc.thread_count(host.pid), len(proc.descriptors(host.pid))
    silent = [listener.raw() for _ in range(10)]
    busy = [listener.connection() for _ in range(10)]
    for connection in busy:
        connection.connect()
    assert listener.environ()["HTTPS"] == "on"
    for peer in [*silent, *busy]:
        peer.close()
    wait_until(lambda: (proc.thread_count(host.pid), len(proc.descriptors(host.pid))) <= quiet,
               "threads and descriptors are back")


def test_a_slow_handshake_is_left(tls_channel):
    listener = tls_channel()
    host = listener.site.host
    threads = proc.thread_count(host.pid)
    with contextlib.closing(listener.raw()) as peer:
        peer.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert peer.recv(1) == b""
    wait_until(lambda: proc.thread_count(host.pid) <= threads, "its thread is gone")


def test_an_idle_tls_connection_costs_no_cpu(tls_channel):
    listener = tls_channel()
    connection = listener.connection()
    connection.connect()
    used = proc.cpu_seconds(listener.site.host.pid)
    # Until the host ends it: all of its head's time.
    assert connection.sock.recv(1) == b""
    assert proc.cpu_seconds(listener.site.host.pid) - used < 2
    connection.close()


def test_the_host_stops_with_tls_connections_open(tls_channel):
    listener = tls_channel()
    connection = listener.connection()
    connection.connect()
    silent = listener.raw()
    listener.site.host.stop()
    connection.close()
    silent.close()


def test_a_new_certificate_is_taken_at_a_reload(tls_channel, tmp_path):
    listener = tls_channel()
    host = listener.site.host
    copy_certificate(tmp_path, *authority().sign("renewed", NAMES))
    host.process.send_signal(signal.SIGHUP)
    host.wait_for_log("reload: SIGHUP")

    def renewed():
        connection = listener.connection()
        connection.connect()
        with contextlib.closing(connection):
            return dict(connection.sock.getpeercert()["subject"][0])["commonName"] == "renewed"
    wait_until(renewed, "the new certificate is shown")


def test_a_wrong_certificate_at_a_reload_changes_nothing(tls_channel, tmp_path):
    listener = tls_channel()
    host = listener.site.host
    (tmp_path / "c.pem").write_text("half a certificate\n")
    host.process.send_signal(signal.SIGHUP)
    host.wait_for_log(rf"reload: .*{re.escape(str(tmp_path))}/c\.pem has no certificate in PEM "
                      r"format.*: the former certificate stays")
    assert listener.environ()["HTTPS"] == "on"


def test_a_debugger_attaches_by_tls_alone(tls_channel):
    listener = tls_channel("debuggee", python=DEBUGPY.interpreter,
                           environment={"WSGI_PTVSD_SECRET": SECRET})
    host = listener.site.host

    def state():
        status, body = listener.ask("/ptvsd/state", Authorization=f"Bearer {SECRET}")
        assert status == 200, body
        return json.loads(body)
    wait_until(lambda: state()["engine"]["state"] == "ready", "the engine listens")
    quiet = len(proc.descriptors(host.pid))
    for _ in range(3):
        client = DapClient(WebSocket.connect(listener.site.channel, "/ptvsd", bearer(SECRET),
                                             ca=authority().ca))
        client.attach()
        assert state()["session"]["client"] == "127.0.0.1"
        client.disconnect()
        client.close()
        wait_until(lambda: state()["session"] is None, "the session has ended")
    wait_until(lambda: len(proc.descriptors(host.pid)) <= quiet, "all descriptors are closed")


def test_without_tls_the_secret_is_not_taken_from_elsewhere(channel):
    listener = channel("tcp", environment={"WSGI_PTVSD_SECRET": SECRET})
    status, body = listener.ask("/ptvsd/state", Authorization=f"Bearer {SECRET}",
                                Host="site.test")
    assert status == 403
    assert "TLS" in body


WRONG = {
    "no key": (["--channel-certificate", "c.pem"],
               "there is a server.channel_certificate, which is of no use without its key"),
    "no certificate": (["--channel-key", "c.key"],
                       "--channel-key is \"c.key\", but there is no server.channel_certificate: "
                       "set both, or none"),
    "no file": (["--channel-certificate", "none.pem", "--channel-key", "c.key"],
                "none.pem cannot be read: No such file or directory"),
    "a folder": (["--channel-certificate", "c.pem", "--channel-key", "."], "is a directory"),
    "swapped": (["--channel-certificate", "c.key", "--channel-key", "c.pem"],
                "c.key has no certificate in PEM format"),
    "another key": (["--channel-certificate", "c.pem", "--channel-key", "other.key"],
                    "other.key is not the key of the certificate in "),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_certificates_are_named(tmp_path, name):
    options, expected = WRONG[name]
    copy_certificate(tmp_path, authority().certificate, authority().key)
    (tmp_path / "other.key").write_bytes(authority().sign("other", NAMES)[1].read_bytes())
    done = subprocess.run(
        [HOLDFAST, "serve", "--listen", f"unix:{tmp_path}/s", "--channel", "tcp:127.0.0.1:0",
         "--handler", "a.app", "--app-root", tmp_path, *options],
        capture_output=True, text=True, timeout=DEADLINE, check=False, cwd=tmp_path)
    assert expected in done.stderr
    assert done.returncode == 2
