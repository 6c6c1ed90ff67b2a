"""Installs and builds what is measured."""

import os
import platform
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PYTHON = "/usr/bin/python3"
VENV = ROOT / "build" / "bench-venv"
RELEASE = ROOT / "build" / "release" / "holdfast"
BUILD_PACKAGES = ["g++", "cmake", "ninja-build", "libpoco-dev", "libfcgi-dev", "libyaml-cpp-dev",
                  "libcli11-dev", "libssl-dev"]
PACKAGES = ["nginx-light", "wrk", "python3", "python3-venv"]


def install_packages(names):
    script = '. deploy/lib/debian.sh; need_debian_packages "$@"'
    subprocess.run(["bash", "-c", script, "bash", *names], cwd=ROOT, check=True)


def build_release():
    subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", "release"], cwd=ROOT, check=True)
    return RELEASE


def make_venv():
    """The peers' interpreter: a copy of Debian's, so that they share no pages with this one."""
    wanted = (HERE / "requirements.txt").read_text()
    stamp = VENV / "requirements.installed"
    if not (stamp.exists() and stamp.read_text() == wanted):
        subprocess.run([PYTHON, "-m", "venv", "--clear", "--copies", VENV], check=True)
        subprocess.run([VENV / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--requirement", HERE / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    return VENV


def machine():
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    count = len(os.sched_getaffinity(0))
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return (f"{count} {'core' if count == 1 else 'cores'} of {model[1] if model else 'a CPU'}, "
            f"{system}, Linux {platform.release()}")


def versions():
    found = {"Holdfast": commit(),
             "Python": first_number([VENV / "bin" / "python", "--version"]),
             "nginx": first_number(["/usr/sbin/nginx", "-v"]), "wrk": first_number(["wrk", "-v"])}
    if Path("/usr/bin/uwsgi-core").exists():
        found["uWSGI"] = first_number(["/usr/bin/uwsgi-core", "--version"])
    for line in (HERE / "requirements.txt").read_text().splitlines():
        name, equals, version = line.partition("==")
        if equals:
            found[name] = version
    return found


def first_number(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    number = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return number[0] if number else "unknown"


def commit():
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT,
                          capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "of no commit"
