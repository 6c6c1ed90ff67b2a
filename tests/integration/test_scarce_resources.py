"""What a machine can run out of: descriptors, memory, processes, disk, rights and a steady
clock. The site answers or says why, the log stays readable, and all recovers by itself."""

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from support import fcgi_client as fcgi
from support import proc
from support.fake_clock import FakeClock
from support.paths import APPS, HOLDFAST, VENV_PYTHON, wrapper
from support.waiting import DEADLINE, wait_until

sanitized = pytest.mark.sanitized
#: A sanitizer has descriptors of its own (UBSan opens a pipe to look at an object, and reports it
#: where it cannot), and does not bear libfaketime.
plain_only = pytest.mark.skipif("asan" in str(HOLDFAST) or "tsan" in str(HOLDFAST),
                                reason="not under a sanitizer")
TICKS = os.sysconf("SC_CLK_TCK")


def leave_no_descriptor(site):
    """The host can open nothing more; what it has stays. Returns the limit of before."""
    before = resource.prlimit(site.host.pid, resource.RLIMIT_NOFILE)
    lowest = next(n for n in range(4096) if n not in proc.descriptors(site.host.pid))
    resource.prlimit(site.host.pid, resource.RLIMIT_NOFILE, (lowest, before[1]))
    return before


def give_back(site, before):
    resource.prlimit(site.host.pid, resource.RLIMIT_NOFILE, before)


def seconds_of_cpu(pid):
    """So far, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def status(site, code=0):
    done = subprocess.run([str(HOLDFAST), "status", "--app-root", str(site.root)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=DEADLINE, check=False)
    assert done.returncode == code, done.stdout
    return done.stdout


def send(peer, data):
    """As much as the host takes before it ends the connection."""
    try:
        peer.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


def as_user(user):
    """For preexec_fn."""
    def become():
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    return become


def serve_as(serve, user, folder):
    """A site whose host has no rights but those of a user whom nobody else is."""
    if os.getuid() != 0:
        pytest.skip("NOT TESTED: only root can start a host as another user")
    for parent in [folder, *folder.parents]:
        if parent.stat().st_mode & 0o005 != 0o005:
            parent.chmod(parent.stat().st_mode | 0o755)

    def prepare(root):
        for path in (root, root.parent):
            os.chown(path, user, user)
    return serve("scarce", preexec_fn=as_user(user), prepare=prepare,
                 settings="server: {show_errors: true}\n")


def read(path):
    return path.read_text() if path.exists() else ""


def answer_in_time(site):
    return wait_until(lambda: site.get("/").status == 200, "it serves again")


@pytest.fixture
def small_disk(small_disk):
    """Open to the users that hosts run as here."""
    small_disk.chmod(0o777)
    return small_disk


# -- descriptors ------------------------------------------------------------

@plain_only
def test_a_flood_of_connections_under_a_low_limit(serve):
    """`ulimit -n 64`: who is connected is served, the host stays calm, and replaces workers."""
    site = serve("scarce", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
    worker, = site.host.workers()
    with site.connect() as connected:
        assert connected.get("/").status == 200
        connected.start(fcgi.params("/length", "POST", body=b"x"))  # it is busy: no one's prey
        flood = [fcgi.connect(site.address) for _ in range(300)]
        for peer in flood:
            send(peer, b"\1\1")  # a piece of a record
        begun, lines = seconds_of_cpu(site.host.pid), len(site.host.lines)
        time.sleep(2)
        assert seconds_of_cpu(site.host.pid) - begun < 1, "it spins"
        assert len(site.host.lines) - lines < 20, site.host.log
        assert "workers" in status(site).lower()
        os.kill(worker, signal.SIGKILL)
        new, = wait_until(lambda: [w for w in site.host.workers() if w != worker], "a new worker")
        connected.send_stdin(b"x")
        assert connected.read_answer().status in (200, 502)
        site.host.process.send_signal(signal.SIGHUP)
        site.host.wait_for_log("the new code serves now")
        for peer in flood:
            peer.close()
    assert new != worker
    answer_in_time(site)


@plain_only
def test_no_descriptor_is_left_at_all(serve):
    """No connection can be accepted, no worker started; it says so, rarely, and recovers."""
    site = serve("scarce")
    worker, = site.host.workers()
    with site.connect() as connected:
        assert connected.get("/").text == str(worker)
        connected.start(fcgi.params("/length", "POST", body=b"x"))  # busy, so it must not give way
        before = leave_no_descriptor(site)
        flood = [fcgi.connect(site.address) for _ in range(50)]
        site.host.wait_for_log("cannot accept a FastCGI connection: Too many open files")
        begun = seconds_of_cpu(site.host.pid)
        time.sleep(2)
        assert seconds_of_cpu(site.host.pid) - begun < 1, "it spins"
        assert len(site.host.log_matches("cannot accept")) < 5
        connected.send_stdin(b"x")
        assert connected.read_answer().text == "1", "who is connected is served"
        for peer in flood:
            peer.close()
        give_back(site, before)
    answer_in_time(site)


@plain_only
def test_a_worker_that_dies_when_no_descriptor_is_left(serve):
    site = serve("scarce", settings="server: {show_errors: true}\n")
    worker, = site.host.workers()
    with site.connect() as connected:
        assert connected.get("/").status == 200
        # What the dead worker leaves does not suffice for another one.
        before = resource.prlimit(site.host.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(site.host.pid, resource.RLIMIT_NOFILE, (4, before[1]))
        os.kill(worker, signal.SIGKILL)
        site.host.wait_for_log(r"could not be started: \w+: Too many open files. Next try in")
        answer = connected.get("/", HTTP_ACCEPT="text/plain")
        assert answer.status == 500
        assert "Too many open files" in answer.text and "LimitNOFILE" in answer.text
        assert "Success" not in answer.text
        give_back(site, before)
    site.host.wait_for_workers(1)
    answer_in_time(site)


@plain_only
def test_reload_and_log_when_no_descriptor_is_left(sites, tmp_path):
    """The old worker serves on, and the log goes on, if need be to standard error."""
    log = tmp_path / "site.log"
    socket_path = tmp_path / "fcgi"
    site = sites.serve("scarce", listen=None, ready=False, options=["--listen", f"unix:{socket_path}"],
                       settings=f"log: {{file: {log}}}\n")
    site.address = f"unix:{socket_path}"
    wait_until(lambda: log.exists() and "ready" in log.read_text(), "it is ready")
    with site.connect() as connected:
        old = connected.get("/").text
        before = leave_no_descriptor(site)
        log.rename(tmp_path / "site.log.old")
        site.host.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "Too many open files" in site.host.log + read(log), "it says why")
        assert connected.get("/").text == old
        give_back(site, before)
        site.host.process.send_signal(signal.SIGHUP)
        wait_until(lambda: connected.get("/").text != old, "another worker has taken over")
    assert "new code serves now" in log.read_text()
    assert site.host.process.poll() is None


@plain_only
def test_settings_that_cannot_be_read_just_now_change_nothing(serve):
    """A web.config in another case is found by listing its folder, which takes a descriptor."""
    def prepare(root):
        (root / "Web.Config").write_text(
            "<configuration><appSettings><add key='WSGI_QUEUE' value='7'/></appSettings>"
            "</configuration>")
    site = serve("scarce", prepare=prepare)
    with site.connect() as connected:
        old = connected.get("/").text
        before = leave_no_descriptor(site)
        site.host.process.send_signal(signal.SIGHUP)
        site.host.wait_for_log("reload: the settings are wrong, so nothing is changed")
        site.host.wait_for_log("Too many open files")
        assert connected.get("/").text == old
        give_back(site, before)
        site.host.process.send_signal(signal.SIGHUP)
        wait_until(lambda: connected.get("/").text != old, "another worker has taken over")
    assert not site.host.log_matches("server.queue = 100")


def test_many_large_bodies_leave_descriptors_to_workers(serve):
    """Each of them has a file of its own."""
    settings = "server: {body_memory: 64 KiB, trusted_hops: [127.0.0.1]}\n"
    site = serve("scarce", settings=settings, listen=None, http=True,
                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300)))
    worker, = site.host.workers()
    port = int(site.host.wait_for_log(r"listening on http://\S+:(\d+)/")[1])
    head = b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"
    peers = []
    try:
        for _ in range(300):
            peer = socket.create_connection(("127.0.0.1", port), DEADLINE)
            peers.append(peer)
            send(peer, head + b"x" * 100_000)
        site.host.wait_for_log("no temporary file in .*: Too many open files")
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: [w for w in site.host.workers() if w != worker], "a new worker")
        assert not site.host.log_matches("could not be started")
    finally:
        for peer in peers:
            peer.close()
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as peer:
        peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert peer.recv(100).startswith(b"HTTP/1.1 200 ")


# -- memory and processes ---------------------------------------------------

@pytest.mark.parametrize("megabytes", [300])
def test_no_memory_in_a_request(serve, megabytes):
    site = serve("scarce", threads=1, settings="server: {show_errors: true}\n",
                 prepare=lambda root: (root / "memory").write_text(str(megabytes)))
    worker, = site.host.workers()
    for _ in range(3):
        answer = site.get("/hoard", HTTP_ACCEPT="text/plain")
        assert answer.status == 500 and "MemoryError" in answer.text
    assert site.get("/").text == str(worker), "it is the same worker, and goes on"


@pytest.mark.parametrize("limit, step", [
    ("ulimit -v 8000", "starting the interpreter"),
    ("ulimit -s 400000; ulimit -v 900000", "starting the threads for requests"),
])
def test_an_interpreter_without_memory(serve, tmp_path, limit, step):
    python = wrapper(tmp_path, limit)
    site = serve("scarce", ready=False, python=python, settings="server: {show_errors: true}\n")
    site.host.wait_for_log(f"Step that failed: {step}")
    answer = site.get("/", HTTP_ACCEPT="text/plain")
    assert answer.status == 500 and step in answer.text
    wrapper(tmp_path, ":")
    site.host.wait_for_workers(1)
    assert site.get("/").status == 200


@plain_only
def test_no_process_can_be_had(serve, tmp_path):
    """RLIMIT_NPROC of another user: the host itself cannot fork, and later it can."""
    user = 54321
    site = serve_as(serve, user, tmp_path)
    worker, = site.host.workers()

    def set_limit(count):
        subprocess.run(["prlimit", "--pid", str(site.host.pid), f"--nproc={count}:"], check=True,
                       preexec_fn=as_user(user))

    with site.connect() as connected:
        assert connected.get("/").status == 200
        set_limit(1)
        os.kill(worker, signal.SIGKILL)
        site.host.wait_for_log("could not be started: fork: Resource temporarily unavailable")
        answer = connected.get("/", HTTP_ACCEPT="text/plain")
        assert answer.status == 500 and "TasksMax" in answer.text
        set_limit(500)
        site.host.wait_for_workers(1)
        answer_in_time(site)


# -- disk -------------------------------------------------------------------

@sanitized
def test_bodies_and_answers_on_a_full_disk(serve, small_disk):
    site = serve("several", settings="server: {body_memory: 64 KiB}\n", http=True, threads=2,
                 environment={"TMPDIR": str(small_disk)})
    port = int(site.host.wait_for_log(r"listening on http://\S+:(\d+)/")[1])
    environ = fcgi.params("/hello", "POST", body=b"x" * 1_000_000)
    answer = site.request(environ, b"x" * 1_000_000)
    assert answer.status in (507, 200)
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as peer:
        try:
            peer.sendall(b"POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
                         + b"x" * 1_000_000)
        except OSError:
            pass
        assert peer.recv(100).startswith(b"HTTP/1.1 507 ")
    told = rf"request \S+: (refused|given up): .* no temporary file in {small_disk}: "
    # Which of the two depends on how much had come when it was looked at.
    site.host.wait_for_log(told + "(No space left on device|a tenth of the disk)")
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as slow:
        slow.sendall(b"GET /bulk_list?30000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        site.host.wait_for_log(rf"request \S+: cut: its client is slow, and there is no temporary "
                               rf"file in {small_disk}: ")
    assert site.get("/hello").status == 200, "others are served"
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as peer:
        peer.sendall(b"POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
                     + b"x" * 1_000_000)
        assert peer.recv(100).startswith(b"HTTP/1.1 200 ")


def test_an_app_root_that_is_full_or_gone(serve, small_disk):
    """Nothing of the host's own is written there."""
    root = small_disk / "site"
    root.mkdir()
    shutil.copy(APPS / "hello.py", root)
    site = serve("hello", root=root)
    with open(small_disk / "other", "wb") as other:
        try:
            other.write(bytes(128 * 1024))
        except OSError:
            pass
    site.host.process.send_signal(signal.SIGHUP)
    site.host.wait_for_log("the new code serves now")
    assert site.get("/").text == "Hello world!"


@plain_only
def test_an_app_root_without_rights(serve, tmp_path):
    """What serves goes on serving; the reload says what is wrong, and recovers."""
    site = serve_as(serve, 54322, tmp_path)
    worker, = site.host.workers()
    site.root.chmod(0)
    site.host.process.send_signal(signal.SIGHUP)
    site.host.wait_for_log("ERROR .*")
    assert site.get("/").text == str(worker)
    site.root.chmod(0o755)
    site.host.process.send_signal(signal.SIGHUP)
    wait_until(lambda: site.get("/").text != str(worker), "a new worker has taken over")


# -- the clock --------------------------------------------------------------

@plain_only
@pytest.mark.parametrize("change", ["-7h", "+9h"])
def test_the_clock_is_set_while_it_runs(serve, tmp_path, change):
    """Only the clock on the wall, as the host sees it: no deadline comes early or late."""
    clock = FakeClock(tmp_path)
    site = serve("hanging", settings="server: {request_timeout: 3s}\nlog: {requests: true}\n",
                 threads=3, python=clock.python, environment=clock.environment)

    def hour():
        site.get("/")
        return int(re.match(r"[-\d]+T(\d\d)", site.host.lines[-1])[1])

    before = hour()
    with site.connect() as hanging, site.connect() as waiting:
        for connection, path in ((hanging, "/sleep"), (waiting, "/wait")):
            connection.start(fcgi.params(path, query="release"))
            connection.send_stdin(b"")
        clock.set(change)
        wait_until(lambda: (hour() - before) % 24 in ((int(change[:-1]) + d) % 24 for d in (0, 1)),
                   "the log has the new time")
        assert not site.host.log_matches("ERROR"), "no deadline has come early"
        site.touch("release")
        assert waiting.read_answer().status == 200
        assert hanging.read_answer().status == 504, "and none comes late"
    site.host.wait_for_workers(1)
    assert site.get("/").status == 200
    line = site.host.wait_for_log(r"GET /sleep\?release: 504, .* app (\d+)\.\d ms")
    assert 2500 < int(line[1]) < 60_000
    shown = status(site)
    assert "GET /sleep" in shown and "-" + "1 s" not in shown
    assert not re.search(r"\b\d{2,} h\b|-\d+ (s|min|h)", shown), shown
