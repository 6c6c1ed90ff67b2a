"""What `holdfast attach` says where it cannot: cause, remedy, exit code; and never the secret."""

import os
import pty
import socket
import subprocess

import pytest

from support.fake_site import SECRET, FakeProxy, FakeSite
from support.paths import HOLDFAST
from support.test_ca import authority
from support.waiting import DEADLINE
from test_attach_bridge import fake_sites, run, site, tls_context  # noqa: F401 (fixtures)

pytestmark = pytest.mark.sanitized

ENGINE = {"Content-Type": "text/plain; charset=utf-8", "Holdfast-Problem": "engine"}


def failure(*arguments, code=1, **more):
    done = run("attach", *arguments, "--listen", "127.0.0.1:0", **more)
    assert done.returncode == code, done.stderr + done.stdout
    assert SECRET not in done.stderr + done.stdout
    assert done.stderr.startswith("holdfast: ")
    return done.stderr


# -- wrong usage -----------------------------------------------------------

@pytest.mark.parametrize("arguments, words", [
    ((f"ws://{SECRET}@site.example/ptvsd",), "everybody on the way could read the secret"),
    ((f"http://{SECRET}@192.0.2.1/",), "use wss://192.0.2.1/ptvsd"),
    ((f"ftp://{SECRET}@site.example/",), "must begin with wss:// or https://"),
    ((f"wss://{SECRET}@/ptvsd",), "has no host"),
    ((f"ws://{SECRET}@localhost/", "--local-root", "/nowhere/at/all"), "--local-root"),
    ((f"wss://{SECRET}@localhost/", "--ca", "/nowhere.pem"), "--ca: /nowhere.pem"),
])
def test_wrong_usage(arguments, words):
    assert words in failure(*arguments, code=2)


def test_a_listener_for_everybody_is_wrong_usage(site):
    done = run("attach", site.url(), "--listen", "0.0.0.0:5678")
    assert done.returncode == 2 and "can run code" in done.stderr


def test_no_address_and_an_unknown_option_are_wrong_usage(site):
    assert run("attach").returncode == 2
    done = run("attach", site.url(), "--unknown")
    assert done.returncode == 2 and SECRET not in done.stderr + done.stdout


def test_no_secret_and_no_terminal(site):
    words = failure(site.url(secret=""), code=2)
    assert "HOLDFAST_SECRET" in words and "wss://SECRET@" in words


def test_a_proxy_of_another_kind():
    words = failure(f"wss://{SECRET}@site.example/", code=2,
                    environment={"HTTPS_PROXY": "socks5://me:pw12345@p:1"})
    assert "HTTPS_PROXY" in words and "NO_PROXY" in words and "pw12345" not in words


# -- where the secret comes from -------------------------------------------

def test_the_secret_of_the_environment(site):
    site.answers["/ptvsd/state"] = 404, {}, b""
    failure(site.url(secret=""), environment={"HOLDFAST_SECRET": SECRET})
    words = failure(site.url(secret="wrong-one"), environment={"HOLDFAST_SECRET": SECRET})
    assert "404" in words


def test_the_secret_is_asked_for_and_not_shown(site):
    site.answers["/ptvsd/probe"] = 200, {}, b""  # ends it, after the secret was right
    pid, terminal = pty.fork()
    if pid == 0:
        environment = {k: v for k, v in os.environ.items() if k != "HOLDFAST_SECRET"}
        os.execve(HOLDFAST, ["holdfast", "attach", site.url(secret=""), "--listen", "127.0.0.1:0"],
                  environment)
    seen = b""
    while b"(debug.secret there): " not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, b"wrong\x15x\x7f" + SECRET.encode() + b"\r")
    try:
        while (more := os.read(terminal, 1024)):
            seen += more
    except OSError:
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    assert SECRET.encode() not in seen
    assert b"WebSockets do not get through" in seen


# -- the way there ---------------------------------------------------------

def test_a_host_that_does_not_exist():
    words = failure(f"wss://{SECRET}@site.invalid/ptvsd")
    assert 'no address for "site.invalid"' in words and "is the name right" in words


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = failure(f"ws://{SECRET}@127.0.0.1:{port}/ptvsd")
    assert f"no connection to 127.0.0.1:{port}: Connection refused" in words


def test_the_local_port_is_taken(site):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run("attach", site.url(), "--listen", address)
    assert done.returncode == 1
    assert f"cannot listen on {address}" in done.stderr and "--listen 127.0.0.1:5679" in done.stderr


@pytest.mark.parametrize("reply, words", [
    (b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", "answers is no HTTP: is the port right?"),
    (b"", "has ended the connection without an answer"),
])
def test_what_is_no_web_server(reply, words):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        bridge = subprocess.Popen(
            [HOLDFAST, "attach", f"ws://{SECRET}@127.0.0.1:{listener.getsockname()[1]}/ptvsd",
             "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(reply)
        connection.close()
        _, said = bridge.communicate(timeout=DEADLINE)
    assert bridge.returncode == 1 and words in said


# -- TLS -------------------------------------------------------------------

def test_an_unknown_ca(fake_sites):  # noqa: F811
    words = failure(fake_sites(context=tls_context()).url("localhost"))
    assert "signed by nobody whom this machine trusts" in words and "--ca FILE" in words


def test_a_certificate_for_another_name(fake_sites):  # noqa: F811
    names = "DNS:other.example,IP:192.0.2.1,IP:2001:db8::1,DNS:www.other.example"
    other = fake_sites(context=tls_context(names))
    words = failure(other.url("localhost"), "--ca", authority().ca)
    assert ("its certificate is not for localhost, but for other.example, 192.0.2.1, 2001:db8::1, "
            "www.other.example") in words


def test_a_certificate_for_another_address(fake_sites):  # noqa: F811
    other = fake_sites(context=tls_context("DNS:localhost"))
    assert "not for 127.0.0.1" in failure(other.url("127.0.0.1"), "--ca", authority().ca)


def test_an_expired_certificate(fake_sites):  # noqa: F811
    old = fake_sites(context=tls_context("DNS:localhost", days=-1))
    assert "has expired" in failure(old.url("localhost"), "--ca", authority().ca)


def test_no_tls_at_all(fake_sites):  # noqa: F811
    plain = fake_sites()
    words = failure(f"wss://{SECRET}@127.0.0.1:{plain.port}/ptvsd")
    assert "no TLS with 127.0.0.1" in words


def test_plain_http_where_there_is_tls(fake_sites):  # noqa: F811
    secure = fake_sites(context=tls_context())
    failure(f"ws://{SECRET}@127.0.0.1:{secure.port}/ptvsd")


# -- proxies ---------------------------------------------------------------

def test_a_proxy_that_wants_a_password(fake_sites):  # noqa: F811
    proxy = FakeProxy(1, "me:secret-of-the-proxy")
    try:
        words = failure(f"wss://{SECRET}@site.test/", environment={"HTTPS_PROXY": proxy.url})
        assert "407" in words and "wants a name and a password" in words
        wrong = proxy.url.replace("//", "//me:wrong-password@")
        words = failure(f"wss://{SECRET}@site.test/", environment={"HTTPS_PROXY": wrong})
        assert "refuses the password" in words and "wrong-password" not in words
    finally:
        proxy.stop()


def test_no_proxy(fake_sites):  # noqa: F811
    site = fake_sites(context=tls_context())
    site.answers["/ptvsd/state"] = 404, {}, b""
    words = failure(site.url("site.test"), "--ca", authority().ca,
                    environment={"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "elsewhere"})
    assert "no connection to the proxy 127.0.0.1:1 (HTTPS_PROXY): Connection refused" in words


# -- what the site answers -------------------------------------------------

def test_a_wrong_secret(site):  # noqa: F811
    words = failure(site.url(secret="another-one-that-is-wrong"))
    assert "401: the secret is not the one of this site" in words
    assert "another-one" not in words


@pytest.mark.parametrize("answer, words", [
    ((401, {"WWW-Authenticate": "Basic realm=staging"}, b""), "wants a login of its own"),
    ((403, {"Content-Type": "text/plain"}, b"The secret must come by TLS.\nUse wss://."),
     "403: the site refuses: The secret must come by TLS.\n  Use wss://."),
    ((403, {"Content-Type": "text/html"}, b"<h1>Forbidden</h1>"), "403: something in front"),
    ((404, {}, b"<html>"), "there is no debug channel at ws://"),
    ((200, {"Content-Type": "text/html"}, b"<html>the app</html>"), "there is no debug channel"),
    ((301, {"Location": "https://www.site.example/ptvsd/state"}, b""),
     'leads to "https://www.site.example/ptvsd/state"'),
    ((429, {"Retry-After": "17"}, b""), "429: too many wrong secrets have come from your address: "
                                        "try again in 17 s"),
    ((502, {}, b""), "gets no answer from Holdfast"),
    ((503, ENGINE, b"debugpy is not installed in /v: run /v/bin/pip install debugpy\n"),
     "debug engine is not there: debugpy is not installed in /v: run /v/bin/pip install debugpy"),
    ((500, {"Content-Type": "text/plain"}, b"\x1b[2Joops"), "the site fails: \\x1B[2Joops"),
])
def test_an_answer_to_the_first_question(site, answer, words):  # noqa: F811
    site.answers["/ptvsd/state"] = answer
    assert words in failure(site.url())


def test_an_engine_that_failed(site):  # noqa: F811
    site.engine.update(state="failed", problem="ptvsd is too old: run /v/bin/pip install debugpy")
    assert "ptvsd is too old: run /v/bin/pip install debugpy" in failure(site.url())


@pytest.mark.parametrize("status", [200, 400, 426, 501, 502])
def test_websockets_that_do_not_get_through(site, status):  # noqa: F811
    site.answers["/ptvsd/probe"] = status, {"Server": "nginx/1.22.1"}, b""
    words = failure(site.url())
    assert "WebSockets do not get through" in words and "proxy_http_version 1.1" in words
