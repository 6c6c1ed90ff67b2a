"""Where the FastCGI front end listens."""

import grp
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from support import fcgi_client as fcgi
from support import proc
from support.paths import APPS, HOLDFAST
from support.site import free_port
from support.waiting import DEADLINE, wait_until


def mode_of(site):
    return stat.S_IMODE(os.stat(site.address.removeprefix("unix:")).st_mode)


@pytest.fixture
def unix_listener(tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "given"))
        listener.listen(100)
        yield listener


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_listen(serve, kind):
    site = serve("hello", listen=kind)
    assert site.address.startswith(kind + ":")
    assert site.get("/").text == "Hello world!"


def test_socket_file_is_removed_at_the_end(serve):
    site = serve("hello")
    site.host.stop()
    assert not os.path.exists(site.address.removeprefix("unix:"))


def test_socket_mode_by_default_keeps_others_out(serve):
    assert mode_of(serve("hello")) == 0o660


@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_socket_mode(serve, mode):
    assert mode_of(serve("hello", options=["--socket-mode", f"{mode:04o}"])) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a socket away")
@pytest.mark.parametrize("owner", ["www-data", "www-data:adm", "nobody:www-data"])
def test_socket_owner(serve, owner):
    site = serve("hello", options=["--socket-owner", owner])
    user, _, group = owner.partition(":")
    status = os.stat(site.address.removeprefix("unix:"))
    assert pwd.getpwuid(status.st_uid).pw_name == user
    if group:
        assert grp.getgrgid(status.st_gid).gr_name == group


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_web_server_of_the_owner_may_connect(serve):
    site = serve("hello", options=["--socket-owner", "www-data"])
    folder = os.path.dirname(site.address.removeprefix("unix:"))
    while folder != "/":
        os.chmod(folder, os.stat(folder).st_mode | 0o011)
        folder = os.path.dirname(folder)
    done = subprocess.run(
        ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups", "cgi-fcgi", "-bind",
         "-connect", site.address.removeprefix("unix:")],
        env=fcgi.params("/") | {"PATH": os.environ["PATH"]}, stdin=subprocess.DEVNULL,
        capture_output=True, timeout=30)
    assert done.stdout.endswith(b"Hello world!"), done


def test_a_stale_socket_is_replaced(sites, serve):
    """What a host that was killed has left behind is in nobody's way."""
    first = serve("hello")
    first.host.process.send_signal(signal.SIGKILL)
    first.host.wait_exit()
    assert os.path.exists(first.address.removeprefix("unix:"))
    second = serve("hello", listen=None, ready=False, options=["--listen", first.address])
    second.host.wait_for_log("listening on")
    assert fcgi.get(first.address, "/").text == "Hello world!"


def test_a_host_that_is_killed_while_it_works_is_followed_at_once(serve):
    """Its workers keep nothing that the next one needs, whatever they are doing."""
    first = serve("waiting", workers=2)
    with first.connect() as connection:
        connection.start(fcgi.params("/wait", query="never"))
        connection.send_stdin(b"")
        wait_until((first.root / "waiting.log").exists, "a request is in the app")
        workers = first.host.workers()
        first.host.process.kill()
        first.host.process.wait(DEADLINE)
        second = serve("hello", listen=None, options=["--listen", first.address])
    proc.wait_gone(workers, "the workers of the one that was killed are gone")
    assert fcgi.get(first.address, "/").text == "Hello world!"
    first.host.wait_exit()
    second.host.stop()


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_an_address_in_use_is_not_taken_away(serve, kind):
    first = serve("hello", listen=kind)
    second = serve("hello", listen=None, ready=False, options=["--listen", first.address])
    assert second.host.wait_exit() == 1
    assert first.address.partition(":")[2] in second.host.log
    if kind == "unix":
        assert f"process {first.host.pid} serves this socket: stop it first" in second.host.log
    assert first.get("/").text == "Hello world!"


def test_of_many_hosts_for_one_stale_socket_one_serves(serve):
    first = serve("hello")
    first.host.process.send_signal(signal.SIGKILL)
    first.host.wait_exit()
    sites = [serve("hello", listen=None, ready=False, options=["--listen", first.address])
             for _ in range(6)]
    hosts = [site.host for site in sites]
    wait_until(lambda: sum(host.process.poll() is not None for host in hosts) == 5, "five gave up")
    winner, = [host for host in hosts if host.process.poll() is None]
    for host in hosts:
        if host is not winner:
            assert host.wait_exit() == 1
            assert f"process {winner.pid} serves this socket" in host.log
    winner.wait_for_log("ready")
    assert fcgi.get(first.address, "/").text == "Hello world!"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be process 1 of a namespace")
def test_a_socket_that_systemd_opened_is_said_to_be_its(tmp_path):
    script = tmp_path / "init.py"
    script.write_text(
        "import socket, subprocess, sys\n"
        "with socket.socket(socket.AF_UNIX) as listener:\n"
        "    listener.bind(sys.argv[1])\n"
        "    listener.listen()\n"
        "    print(subprocess.run(sys.argv[2:], stderr=subprocess.PIPE, text=True).stderr)\n")
    path = tmp_path / "socket"
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "--kill-child", sys.executable, script, path, HOLDFAST,
         "serve", "--listen", f"unix:{path}", "--app-root", APPS, "--handler", "hello.app"],
        capture_output=True, text=True, timeout=DEADLINE)
    if done.returncode != 0:
        pytest.skip(f"NOT TESTED, as there are no namespaces here: {done.stderr}")
    assert "systemd (process 1) serves this socket" in done.stdout


# -- a socket file that goes while the host runs --------------------------

def test_a_socket_file_that_is_removed_is_made_anew(serve):
    site = serve("hello", options=["--socket-mode", "0640"])
    path = Path(site.address.removeprefix("unix:"))
    with site.connect() as connection:
        assert connection.get("/").text == "Hello world!"
        path.unlink()
        site.host.wait_for_log("WARN  the socket file of .* has been made anew")
        assert site.get("/").text == "Hello world!"
        assert mode_of(site) == 0o640
        assert connection.get("/").text == "Hello world!"
    second = serve("hello", listen=None, ready=False, options=["--listen", site.address])
    assert second.host.wait_exit() == 1
    site.host.stop()
    assert not path.exists()


def test_a_socket_whose_folder_is_moved_away_is_said_to_be_out_of_reach(serve, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    site = serve("hello", listen=None, options=["--listen", f"unix:{folder}/it"])
    site.address = f"unix:{folder}/it"
    folder.rename(tmp_path / "old")
    site.host.wait_for_log("ERROR web servers cannot reach this host: .*directory does not exist")
    shown = subprocess.run([HOLDFAST, "status", "--app-root", site.root], capture_output=True,
                           text=True, timeout=DEADLINE)
    assert "!!! web servers cannot reach this host" in shown.stdout
    folder.mkdir()
    site.host.wait_for_log("has been made anew")
    assert site.get("/").text == "Hello world!"
    wait_until(lambda: "!!!" not in subprocess.run(
        [HOLDFAST, "status", "--app-root", site.root], capture_output=True, text=True,
        timeout=DEADLINE).stdout, "all is well again")


def test_a_file_that_is_no_socket_is_left_alone(serve, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("content")
    site = serve("hello", listen=None, ready=False, options=["--listen", f"unix:{precious}"])
    assert site.host.wait_exit() == 1
    assert str(precious) in site.host.log
    assert precious.read_text() == "content"


def test_an_address_that_cannot_be_bound_is_named(serve):
    site = serve("hello", listen=None, ready=False, options=["--listen", "unix:/nowhere/at/all"])
    assert site.host.wait_exit() == 1
    assert "/nowhere/at/all" in site.host.log


def test_listener_on_standard_input(serve, unix_listener):
    site = serve("hello", listen=None, stdin=unix_listener)
    site.host.wait_for_log("listening on")
    site.address = "unix:" + unix_listener.getsockname()
    assert site.get("/").text == "Hello world!"


@pytest.mark.parametrize("name, is_it", [
    ("{pid}.0", True), ("{pid}.17", True), ("{other}.0", False), ("{pid}.sock", False),
    ("{pid}.sock-3", False), ("{pid}.", False), ("{pid}", False), ("site.0", False)])
def test_the_listener_of_mod_fcgid_is_known_by_its_name(serve, tmp_path, name, is_it):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / name.format(pid=os.getpid(), other=os.getpid() + 1)))
        listener.listen()
        site = serve("hello", listen=None, stdin=listener)
        said = site.host.wait_for_log("listening on standard input(.*)")[1]
        assert said == (", from Apache's mod_fcgid" if is_it else "")


@pytest.mark.parametrize("option", ["--http", "--channel"])
def test_a_second_host_takes_nothing_from_the_first(serve, option):
    address = f"tcp:127.0.0.1:{free_port()}"
    serve("hello", options=[option, address])
    done = subprocess.run(
        [HOLDFAST, "serve", "--app-root", APPS, "--handler", "hello.app", option, address,
         *(["--listen", f"tcp:127.0.0.1:{free_port()}"] if option == "--channel" else [])],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=DEADLINE, check=False)
    assert done.returncode != 0
    assert f"cannot listen on {address}" in done.stderr and "stop what listens there" in done.stderr


def test_tcp_listener_on_standard_input(serve):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site = serve("hello", listen=None, stdin=listener)
        site.host.wait_for_log("listening on")
        site.address = "tcp:127.0.0.1:%d" % listener.getsockname()[1]
        assert site.get("/").text == "Hello world!"


def test_spawn_fcgi_starts_a_host(sites, tmp_path):
    """spawn-fcgi stays in front of it (-n) and execs it with the socket as its input."""
    path = tmp_path / "spawned"
    site = sites.serve("hello", listen=None,
                       prefix=["/usr/bin/spawn-fcgi", "-n", "-s", path, "--"])
    site.address = f"unix:{path}"
    assert site.get("/").text == "Hello world!"


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_listener_by_listen_fds(serve, unix_listener, kind):
    """As systemd passes it: descriptor 3, and LISTEN_PID names who it is for."""
    with socket.create_server(("127.0.0.1", 0)) as tcp_listener:
        listener = unix_listener if kind == "unix" else tcp_listener
        script = ('exec 3<&%d; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"' % listener.fileno())
        site = serve("hello", listen=None, prefix=["/bin/bash", "-c", script],
                     pass_fds=[listener.fileno()])
        site.host.wait_for_log("listening on")
        site.address = ("unix:" + unix_listener.getsockname() if kind == "unix" else
                        "tcp:127.0.0.1:%d" % tcp_listener.getsockname()[1])
        assert site.get("/").text == "Hello world!"


def test_listen_fds_for_somebody_else_are_left_alone(serve, unix_listener):
    script = 'exec 3<&%d; LISTEN_FDS=1 LISTEN_PID=1 exec "$0" "$@"' % unix_listener.fileno()
    site = serve("hello", listen=None, ready=False, prefix=["/bin/bash", "-c", script],
                 pass_fds=[unix_listener.fileno()])
    assert site.host.wait_exit() == 2
    assert "--listen" in site.host.log


def test_workers_do_not_inherit_the_listener_or_its_variables(serve, unix_listener):
    script = 'exec 3<&%d; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"' % unix_listener.fileno()
    site = serve("output", listen=None, prefix=["/bin/bash", "-c", script],
                 pass_fds=[unix_listener.fileno()])
    worker, = site.host.workers()
    environ = proc.environment(worker)
    assert not [entry for entry in environ if entry.startswith("LISTEN_")]
    inode = os.readlink(f"/proc/self/fd/{unix_listener.fileno()}")
    assert inode not in proc.descriptors(worker).values()


def test_without_any_listener_the_remedy_is_named(serve):
    site = serve("hello", listen=None, ready=False)
    assert site.host.wait_exit() == 2
    assert "--listen" in site.host.log and "--http" in site.host.log


def test_several_front_ends_at_once(serve):
    site = serve("hello", options=["--http", "tcp:127.0.0.1:0"])
    port = site.host.wait_for_log(r"listening on http://127\.0\.0\.1:(\d+)/")[1]
    assert site.get("/").text == "Hello world!"
    done = subprocess.run(["curl", "-sf", f"http://127.0.0.1:{port}/"], capture_output=True,
                          timeout=30)
    assert done.stdout == b"Hello world!"


def test_long_socket_paths_are_refused_with_a_reason(serve):
    path = "/tmp/" + "x" * 120
    site = serve("hello", listen=None, ready=False, options=["--listen", f"unix:{path}"])
    assert site.host.wait_exit() in (1, 2)
    assert path in site.host.log
    assert not os.path.exists(path[:107])
