"""Venvs with debug engines, for many versions of Python, made once below build/engines/."""

import fcntl
import functools
import glob
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.paths import ROOT

#: Where the venvs are; another folder may be shared by several checkouts.
FOLDER = Path(os.environ.get("HOLDFAST_TEST_ENGINES", ROOT / "build" / "engines"))


@dataclass(frozen=True)
class Engine:
    """One of the pairs that protocols know to work (the newest that a Python can run)."""

    name: str
    version: str
    python: str

    def __str__(self):
        return f"{self.name}-{self.python}"

    @property
    def interpreter(self):
        """Path of the Python of a venv with the engine; skips where that Python is absent."""
        return venv(self)


DEBUGPY = Engine("debugpy", "1.8.22", "3.11")
PTVSD = Engine("ptvsd", "4.3.2", "3.11")
#: One of each kind, where the Python does not matter.
KINDS = (DEBUGPY, PTVSD)
#: ... which traces by other means (sys.monitoring).
MONITORING = Engine("debugpy", "1.8.22", "3.12")
ALL = (Engine("debugpy", "1.6.7", "3.7"), Engine("debugpy", "1.8.14", "3.8"),
       Engine("debugpy", "1.8.14", "3.9"), Engine("debugpy", "1.8.22", "3.10"), DEBUGPY,
       MONITORING, Engine("debugpy", "1.8.22", "3.13"),
       Engine("ptvsd", "4.3.2", "3.6"), PTVSD)


#: The oldest and the newest of each kind, and what most sites have.
ENDS = tuple(engine for engine in ALL if str(engine) in (
    "debugpy-3.7", "debugpy-3.11", "debugpy-3.13", "ptvsd-3.6", "ptvsd-3.11"))


LOOK = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2], sys.executable)"


@functools.cache
def find_python(version):
    """Path of a CPython `version` ("3.8") with the venv module, or None."""
    candidates = [shutil.which(f"python{version}")]
    for root in (os.environ.get("PYENV_ROOT"), Path.home() / ".pyenv"):
        candidates += glob.glob(f"{root}/versions/{version}.*/bin/python{version}") if root else []
    for candidate in filter(None, candidates):
        done = subprocess.run([candidate, "-c", LOOK], capture_output=True, text=True)
        if done.stdout.startswith(version + " "):
            return done.stdout.split(" ", 1)[1].strip()
    return None


@functools.cache
def venv(engine):
    python = find_python(engine.python)
    if python is None:
        pytest.skip(f"NOT TESTED: there is no Python {engine.python} here for {engine.name}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / f"{engine}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _made(engine, python)


def _made(engine, python):
    folder = FOLDER / str(engine)
    interpreter, stamp = folder / "bin" / "python", folder / "engine.installed"
    wanted = f"{engine.name}=={engine.version} on {python}\n"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet",
                        "--disable-pip-version-check", f"{engine.name}=={engine.version}"],
                       check=True)
        stamp.write_text(wanted)
    return interpreter
