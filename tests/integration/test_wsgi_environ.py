"""The environ that an app is called with (PEP 3333, "environ Variables")."""

import json

import pytest

from support import fcgi_client as fcgi
from support.paths import VENV_PYTHON


@pytest.fixture(scope="module")
def echo(module_sites):
    return module_sites.serve("environ_echo")


def environ_of(site, path="/", **more):
    return json.loads(site.get(path, **more).text)["environ"]


def test_required_keys_are_there(echo):
    environ = environ_of(echo, "/x", query="a=1&b=2")
    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["QUERY_STRING"] == "a=1&b=2"
    assert environ["SERVER_NAME"] == "localhost"
    assert environ["SERVER_PORT"] == "80"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert environ["HTTP_HOST"] == "localhost"
    assert environ["wsgi.version"] == [1, 0]
    assert environ["wsgi.url_scheme"] == "http"
    assert environ["wsgi.run_once"] is False


@pytest.mark.parametrize("params", [{"HTTPS": "on"}, {"HTTPS": "1"},
                                    {"REQUEST_SCHEME": "https", "HTTPS": "on"}])
def test_https_is_the_scheme(echo, params):
    assert environ_of(echo, **params)["wsgi.url_scheme"] == "https"


@pytest.mark.parametrize("value", ["", "off"])
def test_https_may_say_no(echo, value):
    assert environ_of(echo, HTTPS=value)["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize("script, path, expected", [
    ("/a/b", None, "/a/b"),            # nginx, Debian's fastcgi_params
    ("", "/a/b", "/a/b"),              # nginx with PATH_INFO $uri; Caddy
    ("/a", "/b", "/a/b"),              # lighttpd, mod_fcgid
    ("/a", "", "/a"),
    ("/", None, "/"),
    ("", "/", "/"),
    ("", "//x//y", "//x//y"),
])
def test_path_is_script_name_and_path_info(echo, script, path, expected):
    environ = environ_of(echo, SCRIPT_NAME=script, PATH_INFO=path)
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", expected)


def test_raw_uri_is_left_alone(echo):
    environ = environ_of(echo, "/a b/c/d", REQUEST_URI="/a%20b/c%2Fd?x=1")
    assert environ["PATH_INFO"] == "/a b/c/d"
    assert environ["REQUEST_URI"] == "/a%20b/c%2Fd?x=1"


@pytest.mark.parametrize("path, script, rest", [
    ("/sub/x", "/sub", "/x"), ("/sub", "/sub", ""), ("/sub/", "/sub", "/")])
def test_mount_is_the_script_name(serve, path, script, rest):
    site = serve("environ_echo", settings="app:\n  mount: /sub\n")
    environ = environ_of(site, path)
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == (script, rest)


def test_path_outside_the_mount_reaches_no_wrong_page(serve):
    """`/subway` is not below `/sub`: the app sees the path whole or not at all."""
    site = serve("environ_echo", settings="app:\n  mount: /sub\n")
    answer = site.get("/subway")
    if answer.status == 200:
        environ = json.loads(answer.text)["environ"]
        assert environ["SCRIPT_NAME"] + environ["PATH_INFO"] == "/subway"
        assert environ["SCRIPT_NAME"] != "/sub"
    else:
        assert answer.status == 404


def test_bytes_become_latin1_text(echo):
    environ = environ_of(echo, "/caf\xc3\xa9/\xff", HTTP_X_NAME=b"\xe9\xff\x80",
                         query="q=\xc3\xa9")
    assert environ["PATH_INFO"] == "/caf\xc3\xa9/\xff"
    assert environ["HTTP_X_NAME"] == "\xe9\xff\x80"
    assert environ["QUERY_STRING"] == "q=\xc3\xa9"


def test_names_may_hold_any_byte(echo):
    pairs = list(fcgi.params("/").items()) + [(b"HTTP_\xe9", b"1"), (b"LONG" * 100, b"2")]
    with echo.connect() as connection:
        environ = json.loads(connection.request(pairs).text)["environ"]
    assert environ["HTTP_\xe9"] == "1"
    assert environ["LONG" * 100] == "2"


def test_empty_values_are_kept(echo):
    environ = environ_of(echo, HTTP_X_EMPTY="")
    assert environ["HTTP_X_EMPTY"] == ""


def test_clients_cannot_name_wsgi_keys(echo):
    """A front end that lets a param `wsgi.input` through must not hurt the app."""
    answer = echo.get("/", **{"wsgi.input": "text", "wsgi.multithread": "yes"})
    environ = json.loads(answer.text)["environ"]
    assert environ["wsgi.input"] != "text"
    assert environ["wsgi.multithread"] is True


@pytest.mark.parametrize("workers, threads", [(1, 1), (1, 4), (2, 1), (2, 4)])
def test_multithread_and_multiprocess_are_truthful(serve, workers, threads):
    environ = environ_of(serve("environ_echo", workers=workers, threads=threads))
    assert environ["wsgi.multithread"] is (threads > 1)
    assert environ["wsgi.multiprocess"] is (workers > 1)


def test_each_request_has_an_environ_of_its_own(echo):
    assert environ_of(echo, HTTP_X_ONCE="1")["HTTP_X_ONCE"] == "1"
    assert "HTTP_X_ONCE" not in environ_of(echo)


def test_app_runs_in_its_root_with_the_sites_interpreter(echo):
    facts = json.loads(echo.get("/").text)
    assert facts["cwd"] == str(echo.root)
    assert facts["path"][0] == str(echo.root)
    assert facts["executable"] == str(VENV_PYTHON)
