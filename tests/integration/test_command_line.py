"""The command line as a contract: exit codes, messages, help."""

import re
import subprocess

import pytest

from support.holdfast_process import HoldfastProcess
from support.paths import HOLDFAST
from support.waiting import DEADLINE


def run(*arguments, cwd="/"):
    return subprocess.run([HOLDFAST, *map(str, arguments)], stdin=subprocess.DEVNULL, cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=DEADLINE)


def test_version():
    done = run("version")
    assert done.returncode == 0
    assert re.match(r"holdfast \d+\.\d+", done.stdout)


def test_a_fresh_secret():
    first, second = run("secret"), run("secret")
    assert (first.returncode, first.stderr) == (0, "")
    assert re.fullmatch(r"[A-Za-z0-9]{32}\n", first.stdout)
    assert first.stdout != second.stdout


@pytest.mark.parametrize("subcommand, option", [
    ("serve", "--listen"), ("serve", "--http"), ("serve", "--socket-mode"),
    ("serve", "--socket-owner"), ("serve", "--config"), ("serve", "--app-root"),
    ("serve", "--handler"), ("serve", "--python"), ("serve", "--workers"), ("serve", "--threads"),
    ("dev", "--port"), ("attach", "--listen"), ("attach", "--launch-json"),
    ("attach", "--local-root"), ("attach", "--ca"), ("attach", "--raw"),
    ("generate", "--server-name"), ("generate", "--listen"), ("generate", "--certificate"),
    ("generate", "--key"), ("generate", "--static"), ("generate", "--access-log"),
    ("generate", "--fastcgi"), ("generate", "--channel"), ("generate", "--app-root"),
    ("generate", "--config"), ("generate", "--write")])
def test_help_names_every_option(subcommand, option):
    done = run(subcommand, "--help")
    assert done.returncode == 0
    assert option in done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["version", "--help"], ["-h"]])
def test_help_is_on_standard_output(arguments):
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert "sage" in done.stdout


def test_help_names_the_subcommands():
    text = run("--help").stdout
    assert all(name in text for name in ("serve", "dev", "version"))


@pytest.mark.parametrize("arguments, named", [
    (["no-such-command"], "no-such-command"),
    (["serve", "--no-such-option"], "--no-such-option"),
    (["serve", "--listen"], "--listen"),
    (["version", "surplus"], "surplus"),
    (["dev", "--port", "many"], "--port"),
    (["dev", "--port", "70000"], "port"),
])
def test_wrong_usage(arguments, named, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert named in done.stderr


GOOD = {"--listen": "unix:{folder}/s", "--app-root": "{folder}", "--handler": "hello.app"}


@pytest.mark.parametrize("option, value, named", [
    ("--listen", "nonsense", "nonsense"),
    ("--listen", "tcp:127.0.0.1", "tcp:127.0.0.1"),
    ("--listen", "tcp:127.0.0.1:99999", "99999"),
    ("--listen", "unix:", "unix:"),
    ("--http", "unix:/tmp/x", "unix:/tmp/x"),
    ("--workers", "0", "workers"),
    ("--workers", "-1", "workers"),
    ("--workers", "many", "workers"),
    ("--threads", "0", "threads"),
    ("--threads", "1e3", "threads"),
    ("--app-root", "/no/such/folder", "/no/such/folder"),
    ("--app-root", "/etc/passwd", "/etc/passwd"),
    ("--socket-mode", "999", "999"),
    ("--socket-mode", "rw", "rw"),
    ("--socket-owner", "no-such-user-at-all", "no-such-user-at-all"),
    ("--handler", "", "handler"),
    ("--config", "/no/such/file.yaml", "/no/such/file.yaml"),
])
def test_wrong_settings(option, value, named, tmp_path):
    options = {**GOOD, option: value}
    arguments = [part.format(folder=tmp_path) for pair in options.items() for part in pair]
    done = run("serve", *arguments, cwd=tmp_path)
    assert done.returncode == 2, done
    assert named in done.stderr


def test_missing_handler_is_explained(tmp_path):
    done = run("serve", "--listen", f"unix:{tmp_path}/s", "--app-root", tmp_path, cwd=tmp_path)
    assert done.returncode == 2
    assert "handler" in done.stderr and "WSGI_HANDLER" in done.stderr


@pytest.mark.parametrize("text, line, named", [
    ("server:\n  workers: many\n", 2, "workers"),
    ("server:\n  workers: 2\n  queue: -1\n", 3, "queue"),
    ("server:\n  show_errors: perhaps\n", 2, "show_errors"),
    ("app:\n  handler: hello.app\nserver:\n  wrokers: 2\n", 4, "wrokers"),
    ("serve:\n  workers: 2\n", 1, "serve"),
    ("server: [1, 2]\n", 1, "server"),
    ("app:\n  handler: 'not closed\n", None, "holdfast.yaml"),
])
def test_wrong_settings_file(tmp_path, text, line, named):
    (tmp_path / "holdfast.yaml").write_text(text)
    done = run("serve", "--listen", f"unix:{tmp_path}/s", "--app-root", tmp_path,
               "--handler", "hello.app", cwd=tmp_path)
    assert done.returncode == 2, done
    assert named in done.stderr
    assert "holdfast.yaml" in done.stderr
    if line:
        assert f"holdfast.yaml:{line}" in done.stderr


def test_all_problems_are_named_at_once(tmp_path):
    (tmp_path / "holdfast.yaml").write_text("server:\n  queue: x\n  threads: y\n")
    done = run("serve", "--listen", "nonsense", "--app-root", tmp_path, cwd=tmp_path)
    assert done.returncode == 2
    assert all(named in done.stderr for named in ("queue", "threads", "nonsense", "handler"))


# -- sources of settings -------------------------------------------------

def test_settings_file_alone_is_enough(serve, tmp_path):
    site = serve("hello", listen=None, ready=False, handler="hello.app",
                 settings="server:\n  threads: 3\n", options=["--listen", f"unix:{tmp_path}/s"])
    site.host.wait_for_workers(1)


def test_config_option_names_another_file(serve, tmp_path):
    file = tmp_path / "other.yaml"
    file.write_text(f"server:\n  listen: unix:{tmp_path}/s\n")
    site = serve("hello", listen=None, options=["--config", file])
    site.host.wait_for_log(f"listening on unix:{tmp_path}/s")
    site.address = f"unix:{tmp_path}/s"
    assert site.get("/").text == "Hello world!"


def test_precedence(serve, tmp_path):
    """Command line over environment over file."""
    site = serve("environ_echo", listen=None, ready=False, workers=1, threads=4,
                 settings=f"server:\n  threads: 1\n  listen: unix:{tmp_path}/file\n",
                 environment={"WSGI_THREADS": "1", "HOLDFAST_LISTEN": f"unix:{tmp_path}/env"})
    site.host.wait_for_log(f"listening on unix:{tmp_path}/env")
    site.host.wait_for_workers(1)
    site.address = f"unix:{tmp_path}/env"
    assert '"wsgi.multithread": true' in site.get("/").text


def test_handler_from_the_environment(tmp_path):
    (tmp_path / "own.py").write_text("def app(environ, start_response):\n"
                                     "    start_response('200 OK', [])\n    return [b'own']\n")
    host = HoldfastProcess(["serve", "--listen", f"unix:{tmp_path}/s"], tmp_path,
                           {"WSGI_HANDLER": "own.app", "WSGI_WORKERS": "1"})
    try:
        host.wait_for_workers(1)
        host.stop()
    finally:
        host.kill_leftovers()


def test_the_log_says_where_settings_came_from(serve):
    site = serve("hello", settings="server:\n  queue: 7\n")
    site.host.wait_for_log(r"server\.queue.*7.*holdfast\.yaml:2")
