"""Packages of npm for the tests, installed once below build/npm."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.paths import ROOT

FOLDER = Path(os.environ.get("HOLDFAST_TEST_NPM", ROOT / "build" / "npm"))
#: Pinned, so that a run today is a run tomorrow.
PACKAGES = ("@vscode/debugadapter-testsupport@1.68.0",)


def modules():
    """Path of a `node_modules` with PACKAGES; skips where there is no npm."""
    if not shutil.which("npm"):
        pytest.skip("NOT TESTED: there is no npm here")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _installed()


def _installed():
    stamp, wanted = FOLDER / "installed", "\n".join(PACKAGES)
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(FOLDER / "node_modules", ignore_errors=True)
        (FOLDER / "package.json").write_text('{"private": true}\n')
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock",
                        "--ignore-scripts", "--loglevel=error", *PACKAGES],
                       cwd=FOLDER, check=True)
        stamp.write_text(wanted)
    return FOLDER / "node_modules"
