"""`holdfast status`: what it tells, whom, and what cannot disturb it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from support import fcgi_client as fcgi
from support import proc
from support.paths import HOLDFAST, VENV_PYTHON
from support.site import Sites
from support.waiting import DEADLINE, wait_until

pytestmark = pytest.mark.sanitized

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for other users")
#: Users of these tests; nobody else has them.
SITE_USER, OTHER_USER, ODD_USER = 54321, 54322, 54323
SECRETS = {"WSGI_PTVSD_SECRET": "0123456789abcdef-debug",
           "APPINSIGHTS_INSTRUMENTATIONKEY": "11111111-2222-3333-4444-555555555555"}


def status(*options, user=None, cwd="/"):
    more = {"user": user, "group": user, "extra_groups": []} if user else {}
    return subprocess.run([HOLDFAST, "status", *map(str, options)], stdin=subprocess.DEVNULL,
                          cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=DEADLINE, **more)


def text_of(site, **more):
    done = status("--app-root", site.root, **more)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def report_of(site, **more):
    """The one host that serves the site's folder, as --json has it."""
    done = status("--json", "--app-root", site.root, **more)
    assert (done.returncode, done.stderr) == (0, "")
    (host,) = json.loads(done.stdout)["hosts"]
    assert host["pid"] == site.host.pid
    return host


def socket_of(site, user=None):
    user = os.geteuid() if user is None else user
    folder = Path("/run/holdfast") if user == 0 else Path(f"/run/user/{user}/holdfast")
    if user and not folder.parent.exists():
        folder = Path(f"/tmp/holdfast-{user}")
    return folder / f"{site.host.pid}.sock"


def connect(path):
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(DEADLINE)
    peer.connect(str(path))
    return peer


def start(connection, path, query=""):
    connection.start(fcgi.params(path, query=query), flags=0)
    connection.send_stdin(b"")


# -- what it tells -------------------------------------------------------

def test_an_idle_host(serve):
    site = serve("hello", workers=2, threads=3)
    host = report_of(site)
    assert host["state"] == "serving" and not host["reloading"] and "start_failure" not in host
    assert host["app_root"] == str(site.root)
    assert host["handler"] == "hello.app"
    assert host["listeners"] == [site.address]
    assert sorted(worker["pid"] for worker in host["workers"]) == site.host.workers()
    assert {(w["state"], w["slots"], w["busy"]) for w in host["workers"]} == {("ready", 3, 0)}
    text = text_of(site)
    assert f"pid {site.host.pid}" in text and "2 ready of 2" in text and site.address in text


def test_requests_that_run_and_wait(serve):
    site = serve("waiting", threads=1)
    with site.connect() as running, site.connect() as waiting:
        start(running, "/wait", "release")
        wait_until((site.root / "waiting.log").exists, "a request is in the app")
        start(waiting, "/now", "token=private")
        wait_until(lambda: report_of(site)["queue"]["waiting"] == 1, "a request is in the queue")
        (worker,) = report_of(site)["workers"]
        assert worker["requests"] == 1 and worker["busy"] == 1
        (slot,) = worker["busy_slots"]
        assert (slot["doing"], slot["method"], slot["path"]) == ("app", "GET", "/wait")
        text = text_of(site)
        assert "in the app for" in text and "GET /wait" in text and slot["request_id"] in text
        assert "1 waiting, at most 100" in text
        site.touch("release")
        assert running.read_answer().status == waiting.read_answer().status == 200
    wait_until(lambda: report_of(site)["workers"][0]["busy"] == 0, "the slot is idle")


def test_a_request_that_streams(serve):
    site = serve("streaming")
    with site.connect() as connection:
        start(connection, "/")
        connection.read_until(b"Hello")
        assert report_of(site)["workers"][0]["busy_slots"][0]["path"] == "/"
        site.touch("progress.txt")
        assert connection.read_answer().status == 200


def test_several_hosts(serve):
    sites = [serve("hello"), serve("hello")]
    done = status("--json")
    pids = {host["pid"] for host in json.loads(done.stdout)["hosts"]}
    assert pids >= {site.host.pid for site in sites}
    text = status().stdout
    assert all(f"pid {site.host.pid}," in text for site in sites)
    assert report_of(sites[0])["pid"] != report_of(sites[1])["pid"]


def test_the_app_root_may_be_relative_or_a_link(serve, tmp_path):
    site = serve("hello")
    link = tmp_path / "link"
    link.symlink_to(site.root)
    for root, cwd in ((".", site.root), (link, "/"), (f"{site.root}/", "/")):
        assert status("--app-root", root, cwd=cwd).returncode == 0, root


def test_errors_are_listed(serve):
    site = serve("crash")
    assert site.get("/before/exit", query="token=private").status == 502
    error = report_of(site)["errors"][0]
    assert (error["method"], error["path"], error["status"]) == ("GET", "/before/exit", 502)
    site.host.wait_for_log(error["request_id"])
    text = text_of(site)
    assert error["request_id"] in text and "GET /before/exit" in text


def test_an_app_that_does_not_start(serve):
    site = serve("failing_import", handler="raises.app", ready=False)
    site.host.wait_for_log("Next try in")
    failure = report_of(site)["start_failure"]
    assert "handler file is raising" in failure["cause"] + "".join(failure["detail"])
    text = text_of(site)
    assert "THE APP DOES NOT START" in text and "handler file is raising" in text
    assert any(not error["request_id"] for error in report_of(site)["errors"])


def test_changed_settings_that_are_wrong(serve):
    site = serve("hello", settings="server:\n  queue: 7\n")
    for text, wrong in (("many", True), ("9", False)):
        (site.root / "holdfast.yaml").write_text(f"server:\n  queue: {text}\n")
        site.host.process.send_signal(signal.SIGHUP)
        wait_until(lambda: bool(report_of(site)["settings_problems"]) == wrong, "it was reloaded")
        assert ("THE CHANGED SETTINGS ARE WRONG" in text_of(site)) == wrong
    settings = {row["key"]: row["value"] for row in report_of(site)["settings"]}
    assert settings["server.queue"] == "9"


def test_a_host_that_stops_says_so(serve):
    site = serve("waiting")
    path = socket_of(site)
    with site.connect() as connection:
        start(connection, "/wait", "release")
        wait_until((site.root / "waiting.log").exists, "a request is in the app")
        site.host.process.send_signal(signal.SIGTERM)
        site.host.wait_for_log("finishing what runs")
        assert report_of(site)["state"] == "stopping"
        assert "! Stopping" in text_of(site)
        site.touch("release")
        assert connection.read_answer().status == 200
    assert site.host.wait_exit() == 0
    assert not path.exists()


def test_requests_in_progress_are_counted(serve):
    site = serve("waiting", threads=2)
    with site.connect() as one, site.connect() as two, site.connect() as three:
        for connection in one, two, three:
            start(connection, "/wait", "release")
        wait_until(lambda: report_of(site)["queue"]["waiting"] == 1, "two run, one waits")
        requests = report_of(site)["requests"]
        assert (requests["all"], requests["in_progress"]) == (0, 3)
        assert "0 finished since the start" in text_of(site) and "3 in progress" in text_of(site)
        three.close()
        wait_until(lambda: report_of(site)["requests"]["in_progress"] == 2, "one client has left")
        site.touch("release")
        assert one.read_answer().status == two.read_answer().status == 200
    wait_until(lambda: report_of(site)["requests"]["in_progress"] == 0, "all are finished")
    assert report_of(site)["requests"]["all"] == 3


def test_a_log_that_cannot_be_written_is_at_the_top(serve, tmp_path):
    folder = tmp_path / "log"
    folder.mkdir()
    site = serve("hello", settings=f"log: {{file: {folder}/site.log, requests: true}}\n",
                 listen=None, options=["--listen", f"unix:{tmp_path}/it"], ready=False)
    site.address = f"unix:{tmp_path}/it"
    wait_until(lambda: (tmp_path / "it").exists() and socket_of(site).exists(), "it listens")
    shutil.rmtree(folder)

    def seen():
        site.get("/")
        return "!!! the log cannot be written to" in text_of(site)
    wait_until(seen, "status says so")
    folder.mkdir()

    def over():
        site.get("/")
        return "!!!" not in text_of(site)
    wait_until(over, "status says no more")


# -- what it keeps to itself ---------------------------------------------

def no_worker_starts(site):
    for pid in site.host.workers():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return "start_failure" in report_of(site)


def test_secrets_are_never_in_it(serve):
    variable = "hunter2-for-the-database"
    site = serve("failing_import", handler="leaks.app", ready=False, environment=SECRETS,
                 settings=f"app:\n  env:\n    DB_PASSWORD: {variable}\n"
                          "  pythonpath: /lib/${DB_PASSWORD}\n")
    (site.root / "leaks.py").write_text(
        "import os, sys\nprint('with', os.environ['DB_PASSWORD'])\n"
        "def app(environ, start_response):\n"
        "    raise ValueError('cannot log in with ' + os.environ['DB_PASSWORD'])\n"
        "if os.path.exists('broken'): raise ValueError(os.environ['DB_PASSWORD'])\n")
    site.host.wait_for_workers(1)
    assert site.get("/login", query="token=in-the-query").status == 500
    outputs = [text_of(site), json.dumps(report_of(site))]
    assert "cannot log in with ${DB_PASSWORD}" in outputs[0]
    site.touch("broken")
    # The new file may have had a reload under way: then there are others already.
    wait_until(lambda: no_worker_starts(site), "no worker starts")
    outputs += [text_of(site), json.dumps(report_of(site))]
    for output in outputs:
        for secret in (variable, "hunter2", "in-the-query", *SECRETS.values()):
            assert secret not in output
    settings = {row["key"]: row for row in report_of(site)["settings"]}
    assert settings["debug.secret"] == {"key": "debug.secret", "value": "(set)",
                                        "source": "environment"}
    assert {row["name"] for row in report_of(site)["variables"]} == {"DB_PASSWORD"}


def test_settings_have_their_sources(serve):
    site = serve("hello", settings="server:\n  queue: 7\n")
    settings = {row["key"]: row for row in report_of(site)["settings"]}
    assert settings["server.queue"]["value"] == "7"
    assert settings["server.queue"]["source"].endswith("holdfast.yaml:2")
    assert settings["server.send_timeout"]["source"] == "default"
    assert "server.queue = 7" in text_of(site)


# -- none, or none that answers ------------------------------------------

def test_no_host(tmp_path):
    done = status("--app-root", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(tmp_path) in done.stderr and "holdfast serve" in done.stderr
    done = status("--json", "--app-root", tmp_path)
    assert (done.returncode, json.loads(done.stdout)) == (1, {"hosts": [], "silent": []})


def test_help_and_wrong_usage():
    done = status("--help")
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("--json", "--app-root", "jq", "root"))
    assert status("surplus").returncode == status("--jsn").returncode == 2


def test_a_host_that_hangs(serve):
    hanging, well = serve("hello"), serve("hello")
    hanging.host.process.send_signal(signal.SIGSTOP)
    try:
        done = status()
        assert done.returncode == 1
        assert f"pid {hanging.host.pid}" in done.stderr and "within 5 s" in done.stderr
        assert f"pid {well.host.pid}," in done.stdout
        (silent,) = [host for host in json.loads(status("--json").stdout)["silent"]
                     if host["pid"] == hanging.host.pid]
        assert "within 5 s" in silent["problem"]
    finally:
        hanging.host.process.send_signal(signal.SIGCONT)


def test_what_a_killed_host_leaves_is_removed(serve):
    site = serve("hello")
    path = socket_of(site)
    assert path.is_socket()
    site.host.process.kill()
    site.host.wait_exit()
    wait_until(lambda: not site.host.all_pids(), "its processes are gone")
    assert status("--app-root", site.root).returncode == 1
    assert not path.exists()


# -- clients that misbehave ----------------------------------------------

def test_a_hundred_clients_at_once(serve):
    site = serve("hello")
    before = proc.descriptors(site.host.pid)
    silent = [connect(socket_of(site)) for _ in range(100)]
    try:
        assert site.get("/").text == "Hello world!"
        report_of(site)
    finally:
        for peer in silent:
            peer.close()
    asking = [connect(socket_of(site)) for _ in range(100)]
    for peer in asking:
        peer.sendall(b"status\n")
    for peer in asking:
        answer = b"".join(iter(lambda p=peer: p.recv(65536), b""))
        assert json.loads(answer)["pid"] == site.host.pid
        peer.close()
    wait_until(lambda: len(proc.descriptors(site.host.pid)) == len(before), "descriptors are closed")


@pytest.mark.parametrize("said", [b"", b"stat", b"nonsense\n", b"x" * 100000, b"status\nstatus\n"])
def test_clients_that_make_no_sense(serve, said):
    site = serve("hello")
    with connect(socket_of(site)) as peer:
        try:
            peer.sendall(said)
            while peer.recv(65536):
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was cut, with some of it unread
    report_of(site)


# -- other users ---------------------------------------------------------

@pytest.fixture
def open_sites():
    """Sites in a folder that other users may enter."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-status-"))
    folder.chmod(0o755)
    sites = Sites(folder)
    try:
        yield sites
        sites.stop()
    finally:
        sites.clean_up()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(f"/tmp/holdfast-{SITE_USER}", ignore_errors=True)


def serve_as(sites, user):
    """A site whose host is another user's."""
    folder = sites.new_folder()
    root = sites.copy_app("hello", folder / "site")
    for path in (folder, root, *root.iterdir()):
        os.chown(path, user, user)
    return sites.serve(root=root, listen=None, python=VENV_PYTHON,
                       options=["--http", "tcp:127.0.0.1:0"], user=user, group=user,
                       extra_groups=[])


@pytest.fixture
def odd_folder():
    """Where a host of ODD_USER would have its socket."""
    path = Path(f"/tmp/holdfast-{ODD_USER}")
    yield path
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@as_root
def test_only_its_user_and_root_may_ask(open_sites):
    site = serve_as(open_sites, SITE_USER)
    path = socket_of(site, SITE_USER)
    assert (path.parent.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
    assert f"user {SITE_USER}" in text_of(site)
    report_of(site, user=SITE_USER)
    done = status("--app-root", site.root, user=OTHER_USER)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"user {SITE_USER}" in done.stderr and "root" in done.stderr
    attempt = f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r})"
    done = subprocess.run(["/usr/bin/env", "python3", "-c", attempt], user=OTHER_USER, cwd="/",
                          stderr=subprocess.PIPE, text=True, check=False)
    assert "PermissionError" in done.stderr


@as_root
@pytest.mark.parametrize("kind, said", [
    ("foreign", "belongs to user 54322"), ("link", "link"), ("open", "chmod 700"),
    ("file", "no folder")])
def test_a_folder_that_is_not_safe_is_not_used(open_sites, odd_folder, kind, said):
    if kind == "file":
        odd_folder.touch()
    elif kind == "link":
        elsewhere = open_sites.new_folder()
        os.chown(elsewhere, ODD_USER, ODD_USER)
        elsewhere.chmod(0o700)
        odd_folder.symlink_to(elsewhere)
    else:
        odd_folder.mkdir(mode=0o700)
        odd_folder.chmod(0o777 if kind == "open" else 0o700)
        owner = ODD_USER if kind == "open" else OTHER_USER
        os.chown(odd_folder, owner, owner)
    site = serve_as(open_sites, ODD_USER)
    line = site.host.wait_for_log("holdfast status will not find this host")
    assert said in line.string and str(odd_folder) in line.string
    front = open_sites.front_end("http", site)
    assert front.get("/").text == "Hello world!"
    done = status("--app-root", site.root)
    assert done.returncode == 1
    assert said in done.stderr


@as_root
def test_root_is_not_led_to_the_socket_of_another(open_sites, odd_folder):
    """A user's folder with a link to a host of root, or that socket itself."""
    site = open_sites.serve("hello")
    odd_folder.mkdir(mode=0o700)
    os.chown(odd_folder, ODD_USER, ODD_USER)
    (odd_folder / "1.sock").symlink_to(socket_of(site))
    (odd_folder / "2.sock").hardlink_to(socket_of(site))
    hosts = json.loads((done := status("--json")).stdout)
    assert [host["pid"] for host in hosts["hosts"]].count(site.host.pid) == 1
    assert [host["pid"] for host in hosts["silent"] if host["user"] == f"user {ODD_USER}"] == [2]
    assert "Permission denied" in done.stderr


@as_root
def test_a_user_with_very_many_sockets_is_not_asked_at_all_of_them(open_sites, odd_folder):
    site = open_sites.serve("hello")
    odd_folder.mkdir(mode=0o700)
    listeners = []
    for number in range(1, 71):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(odd_folder / f"{number}.sock"))
        listeners.append(listener)
        os.chown(odd_folder / f"{number}.sock", ODD_USER, ODD_USER)
    os.chown(odd_folder, ODD_USER, ODD_USER)
    done = status("--json")
    for listener in listeners:
        listener.close()
    assert f"passed over: 6 sockets of user {ODD_USER}" in done.stderr
    assert site.host.pid in [host["pid"] for host in json.loads(done.stdout)["hosts"]]


# -- rates and times -----------------------------------------------------

def test_requests_are_counted_and_timed(serve):
    site = serve("wfastcgi_style", http=True)
    for _ in range(5):
        assert site.get("/").status == 200
    assert site.get("/", REQUEST_METHOD="HEAD").status == 200
    requests = wait_until(lambda: (r := report_of(site)["requests"])["all"] == 6 and r,
                          "all are counted")
    minute = requests["last_minute"]
    assert (minute["requests"], minute["2xx"], minute["5xx"]) == (6, 6, 0)
    assert requests["last_15_minutes"]["requests"] == 6
    times = requests["times_of_last_minute_ms"]
    assert times["requests"] == 6
    assert 0 < times["app"]["median"] <= times["app"]["p95"] * 17 / 16
    assert times["app"]["p95"] <= times["app"]["max"]
    text = text_of(site)
    assert "6 finished since the start" in text and "MEDIAN" in text


def test_time_in_the_queue_is_told(serve):
    site = serve("waiting", threads=1)
    with site.connect() as running, site.connect() as waiting:
        start(running, "/wait", "release")
        wait_until((site.root / "waiting.log").exists, "a request is in the app")
        start(waiting, "/now")
        held = wait_until(lambda: (q := report_of(site)["queue"])["longest_wait_ms"] > 50 and q,
                          "the queue says how long")["longest_wait_ms"]
        site.touch("release")
        assert running.read_answer().status == waiting.read_answer().status == 200
    requests = wait_until(lambda: (r := report_of(site)["requests"])["all"] == 2 and r,
                          "both are counted")
    assert requests["times_of_last_minute_ms"]["queue"]["max"] >= held
