"""`holdfast generate`: each web server runs what was made for it, unchanged."""

import base64
import hashlib
import re
from types import SimpleNamespace

import pytest

from support.debug_site import SECRET, DebugSite
from support.front_end import request_on
from support.generated import GENERATED, generate
from support.test_ca import authority
from support.waiting import DEADLINE, wait_until
from support.web_socket import Refused, WebSocket, basic, bearer

BODY = bytes(range(256)) * 20_480  # 5 MiB
DIGEST = [len(BODY), hashlib.sha256(BODY).hexdigest()]
#: What has a limit that must be raised.
LIMITED = ("nginx", "apache")
CLAIMS = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "gopher",
          "X-Forwarded-Host": "elsewhere.invalid", "Forwarded": "for=192.0.2.8",
          "X_Forwarded_For": "192.0.2.9", "X-Forwarded_Host": "elsewhere.invalid"}


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    (folder / "hello.txt").write_text("from a static file")
    return folder


@pytest.fixture(scope="module")
def site(module_sites):
    return module_sites.serve("several", channel="unix", settings=(
        "server:\n  max_body: 6 MiB\n  request_timeout: 2 min\ndebug:\n  max_hold: 3 h\n"))


@pytest.fixture(params=GENERATED)
def front(request, module_sites, site, static):
    return module_sites.front_end(request.param, site, generated=True, channel=True,
                                  static=static)


# -- the app -----------------------------------------------------------------

def test_connections_are_kept(front):
    connection = front.connect()
    for _ in range(10):
        page = request_on(connection, "GET", "/hello")
        assert (page.status, page.text) == (200, "Hello world!")
        assert connection.sock is not None, "the server closed the connection"
    connection.close()


def test_upload(front):
    assert front.request("POST", "/body_reader/digest", BODY).json() == DIGEST


def test_upload_without_a_length(front):
    pieces = (BODY[at:at + 100_000] for at in range(0, len(BODY), 100_000))
    assert front.request("POST", "/body_reader/digest", pieces).json() == DIGEST


def test_a_body_above_the_limit_is_refused(front):
    try:
        assert front.request("POST", "/body_reader/digest", BODY + BODY).status == 413
    except ConnectionError:
        pass  # refused while we still sent
    assert front.get("/hello").status == 200


@pytest.mark.parametrize("target, path", [
    ("/", "/"), ("/x/", "/x/"), ("/a%20b?x=1", "/a b"), ("/caf%C3%A9", "/caf\xc3\xa9"),
    ("/%E9", "/\xe9"), ("/a%25b", "/a%b"), ("/a+b;c=1/d", "/a+b;c=1/d"),
    ("/a%2Fb", {"apache": "/a%2Fb"}), ("/ptvsdx", "/ptvsdx"), ("/staticx", "/staticx")])
def test_paths(front, target, path):
    if isinstance(path, dict):
        path = path.get(front.kind, "/a/b")
    environ = front.get("/environ_echo" + target).json()["environ"]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/environ_echo", path)
    assert environ["REQUEST_URI"] == "/environ_echo" + target


def test_each_chunk_reaches_the_client_at_once(site, front):
    (site.root / "progress.txt").unlink(missing_ok=True)
    connection = front.connect()
    connection.request("GET", "/streaming/")
    answer = connection.getresponse()
    assert answer.readline() == b"Hello world!\r\n"
    assert front.get("/streaming/fob").text == "made"
    assert answer.read() == b"goodbye world!\r\n"
    connection.close()


def test_what_the_app_is_told(front):
    environ = front.get("/environ_echo/", Authorization="Bearer of-the-app").json()["environ"]
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["HTTP_HOST"] == f"127.0.0.1:{front.port}"
    assert environ["SERVER_PORT"] == str(front.port)
    assert environ["HTTP_AUTHORIZATION"] == "Bearer of-the-app"
    assert environ["wsgi.url_scheme"] == "http"
    # 3 h and 2 min, in whole hours
    assert environ.get("HOLDFAST_PATIENCE") == ("14400" if front.kind in LIMITED else None)


def test_who_only_says_a_name_is_no_user_of_the_app(front):
    environ = front.get("/environ_echo/", **basic("somebody")).json()["environ"]
    assert not environ.get("REMOTE_USER")


def test_what_a_client_claims_of_itself_does_not_reach_the_app(front):
    environ = front.get("/environ_echo/", **CLAIMS).json()["environ"]
    assert environ.get("HTTP_X_FORWARDED_FOR") in (None, "127.0.0.1")
    assert environ.get("HTTP_X_FORWARDED_PROTO") in (None, "http")
    assert environ.get("HTTP_X_FORWARDED_HOST") in (None, f"127.0.0.1:{front.port}")
    assert "HTTP_FORWARDED" not in environ


def test_static_files_are_the_web_servers(front):
    page = front.get("/static/hello.txt")
    assert (page.status, page.text) == (200, "from a static file")
    assert page.headers["Content-Type"].startswith("text/plain")
    assert front.get("/static/no-such-file").status == 404


@pytest.mark.parametrize("kind", GENERATED)
def test_behind_a_load_balancer_the_host_hears_it(module_sites, balanced_site, kind):
    front = module_sites.front_end(kind, balanced_site, generated=True)
    environ = front.get("/", **{"X-Forwarded-For": "192.0.2.7",
                                "X-Forwarded-Proto": "https"}).json()["environ"]
    assert environ["REMOTE_ADDR"] == "192.0.2.7"
    assert environ["wsgi.url_scheme"] == "https"


@pytest.fixture(scope="module")
def balanced_site(module_sites):
    """Its load balancer is at each address, and so at 127.0.0.1 as well."""
    return module_sites.serve("environ_echo", channel="unix",
                              environment={"WSGI_PTVSD_SECRET": SECRET},
                              settings="server:\n  trusted_hops: [unix, 126.0.0.0/7]\n")


@pytest.mark.parametrize("kind", GENERATED)
def test_behind_a_load_balancer_with_tls_the_gate_hears_it(module_sites, balanced_site, kind):
    """lighttpd's mod_proxy overwrites what it says, which its file tells."""
    front = module_sites.front_end(kind, balanced_site, generated=True, channel=True)
    for scheme, status in (("http", 403), ("https", 403 if kind == "lighttpd" else 200)):
        page = front.get("/ptvsd/state", **bearer(SECRET), **{
            "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": scheme})
        assert page.status == status
    page = front.get("/ptvsd/state", **bearer(SECRET), **{
        "X-Forwarded-For": "127.0.0.1, 192.0.2.7", "X-Forwarded-Proto": "https, http"})
    assert page.status == 403


# -- the channel -------------------------------------------------------------

@pytest.fixture(scope="module")
def debug_site(module_sites):
    return DebugSite(module_sites)


@pytest.fixture(params=GENERATED)
def debugged(request, module_sites, debug_site):
    debug_site.front = module_sites.front_end(request.param, debug_site.site, generated=True,
                                              channel=True, tls=authority())
    return debug_site


def test_the_pages_of_the_channel(debugged):
    page = debugged.get("/ptvsd")
    assert page.status == 200
    assert "attach" in page.text
    assert debugged.get("/ptvsd/state").status == 401
    assert debugged.get("/ptvsd/state?x=1", **bearer(SECRET)).status == 200
    assert debugged.get("/ptvsd/nothing").status == 404


def test_a_debugger_attaches_and_holds(debugged):
    with debugged.attached("app", "generator") as client:
        for target, text in (("/stop?7", "doubled: 14 one"), ("/generator", "line 0\nline 1\n")):
            answer = debugged.ask(target)
            for _ in text.splitlines():
                client.go_on(client.stopped("breakpoint"))
            page = answer.result(DEADLINE)
            assert (page.status, page.text) == (200, text)


def test_what_a_client_claims_of_itself_does_not_reach_the_gate(debugged):
    WebSocket.connect(("127.0.0.1", debugged.front.port), headers={**bearer(SECRET), **CLAIMS},
                      ca=debugged.tls.ca).end()
    debugged.wait_until_detached()
    said = debugged.host.log
    assert "192.0.2." not in said
    assert "elsewhere.invalid" not in said


def test_plain_http_opens_no_channel(module_sites, debug_site):
    """Whatever the client says of a proxy before it."""
    for kind in GENERATED:
        front = module_sites.front_end(kind, debug_site.site, generated=True, channel=True)
        with pytest.raises(Refused) as refused:
            WebSocket.connect(("127.0.0.1", front.port), headers={
                "Host": f"127.0.0.1:{front.port}", **bearer(SECRET),
                "X-Forwarded-Proto": "https", "X_Forwarded_Proto": "https"})
        assert refused.value.answer.status == 403


def test_no_secret_and_no_user_is_in_the_web_servers_logs(debugged):
    front = debugged.front
    front.get("/ptvsd/state?seen", **basic("some-user", SECRET))
    for headers in (bearer(SECRET), basic(SECRET), basic("", SECRET)):
        WebSocket.connect(("127.0.0.1", front.port), headers=headers, ca=debugged.tls.ca).end()
        debugged.wait_until_detached()
        for path in ("/ptvsd/state?seen", "/%70tvsd/state?seen"):
            front.get(path, **headers)
    wait_until(lambda: front.access_log.count("/state?seen") == 7, "all are logged")
    for told in (SECRET, "some-user", base64.b64encode(f"{SECRET}:".encode()).decode()[:-4]):
        assert told not in front.access_log
        assert told not in front.error_log


# -- the command -------------------------------------------------------------

HERE = ("--fastcgi", "unix:/run/site.sock")


@pytest.mark.parametrize("arguments, settings, told", [
    ((), "", "--fastcgi"),
    (("--fastcgi", "somewhere"), "", "must be unix:PATH"),
    (HERE, "debug:\n  secret: 0123456789abcdefX\n", "--channel"),
    (HERE, "server:\n  workers: many\n", "server.workers"),
    ((*HERE, "--listen", "here"), "", "--listen"),
    ((*HERE, "--listen", "1.2.3.4:99999"), "", "--listen"),
    ((*HERE, "--server-name", "a b"), "", "--server-name"),
    ((*HERE, "--certificate", "x"), "", "--key"),
    ((*HERE, "--static", "/static"), "", "URL=DIR"),
    ((*HERE, "--static", "/ptvsd/x=/srv"), "", "overlap"),
    ((*HERE, "--static", "/x=/srv/a{b"), "", "symbolic link"),
    (("--fastcgi", "unix:/run/a$b"), "", "symbolic link"),
    (("--fastcgi", "unix:/run/a#b"), "", "symbolic link"),
    ((*HERE, "--app-root", "/no/such/folder"), "", "/no/such/folder"),
])
def test_what_is_wrong_is_said(tmp_path, arguments, settings, told):
    (tmp_path / "holdfast.yaml").write_text(settings)
    done = generate("nginx", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_there_is_nothing_for_another_server():
    done = generate("iis6", *HERE)
    assert done.returncode == 2
    assert "nginx" in done.stdout + done.stderr


@pytest.mark.parametrize("kind", GENERATED)
def test_it_is_written_to_a_file(tmp_path, kind):
    file = tmp_path / "site.conf"
    for name in ("first.example", "second.example"):
        done = generate(kind, *HERE, "--server-name", name, "--write", "site.conf", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert str(file) in done.stdout
        assert name in file.read_text()
    assert "first.example" not in file.read_text()


def test_a_file_that_somebody_has_written_is_left_alone(tmp_path):
    (tmp_path / "site.conf").write_text("# mine\n")
    done = generate("nginx", *HERE, "--write", "site.conf", cwd=tmp_path)
    assert done.returncode == 1
    assert "site.conf" in done.stderr
    assert (tmp_path / "site.conf").read_text() == "# mine\n"


def test_where_it_cannot_be_written_it_says_why(tmp_path):
    done = generate("nginx", *HERE, "--write", "no/such/folder/x", cwd=tmp_path)
    assert done.returncode == 1
    assert "No such file or directory" in done.stderr


@pytest.mark.parametrize("kind", GENERATED)
def test_the_first_lines_say_what_to_do_with_it(kind):
    made = generate(kind, *HERE).stdout
    head = made[:made.index("\n\n")]
    assert f"holdfast generate {kind}" in head.splitlines()[0]
    assert re.search(r"Put it there: +/etc/", head)
    assert "Check it:" in head
    assert "channel" in head, "how to have one is said"


@pytest.mark.parametrize("kind", GENERATED)
def test_a_secret_without_tls_is_warned_of(kind):
    made = generate(kind, *HERE, "--channel", "unix:/run/channel.sock").stdout
    assert "!!!" in made[:made.index("\n\n")]


@pytest.mark.parametrize("kind", GENERATED)
def test_odd_paths(module_sites, debug_site, static, tmp_path, kind):
    site = debug_site.site
    folder = tmp_path / "it's; (ü), &=@!~+^"
    folder.mkdir()
    (folder / "static").symlink_to(static)
    for name in ("fcgi", "channel"):
        (folder / name).symlink_to(getattr(site, "address" if name == "fcgi" else name)[5:])
    odd = SimpleNamespace(address=f"unix:{folder}/fcgi", channel=f"unix:{folder}/channel",
                          root=site.root)
    front = module_sites.front_end(kind, odd, generated=True, channel=True,
                                   static=folder / "static")
    assert front.get("/plain").text.startswith("plain")
    assert front.get("/static/hello.txt").text == "from a static file"
    assert front.get("/ptvsd/nothing").status == 404


@pytest.mark.parametrize("kind", GENERATED)
def test_a_host_on_tcp_ports(module_sites, kind):
    site = module_sites.serve("environ_echo", listen="tcp", channel="tcp",
                              environment={"WSGI_PTVSD_SECRET": SECRET})
    front = module_sites.front_end(kind, site, generated=True, channel=True)
    assert front.get("/ptvsdx").json()["environ"]["PATH_INFO"] == "/ptvsdx"
    assert front.get("/ptvsd/nothing").status == 404
