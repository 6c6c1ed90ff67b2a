"""Where things are."""

import os
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
APPS = TESTS / "apps"

#: The host under test; the sanitizer builds are chosen with HOLDFAST_BINARY.
HOLDFAST = Path(os.environ.get("HOLDFAST_BINARY", ROOT / "build" / "dev" / "holdfast")).resolve()

#: The interpreter of the tests' venv: it has Flask, Django, httpbin and gunicorn.
VENV_PYTHON = Path(os.path.abspath(sys.executable))

#: Whether a sanitizer's own memory must be allowed for.
SANITIZED = HOLDFAST.parent.name in ("asan", "tsan")
#: Bytes that a host or a worker may ever use, whatever passes through it.
MEMORY_LIMIT = (1024 if SANITIZED else 64) << 20


def wrapper(folder, text, interpreter=VENV_PYTHON):
    """A program `python` in the folder that does `text` (sh) and becomes the interpreter."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\nexec {interpreter} \"$@\"\n")
    path.chmod(0o755)
    return path
