"""In place of the real one: an engine that says what is said to it, as fast as it can."""

import subprocess
import sys
from pathlib import Path

__version__ = "echo"


def configure(**_):
    pass


def listen(address):
    echo = Path(__file__).resolve().parent.parent / "echo.py"
    # It ends with us, as it reads our pipe.
    listen.process = subprocess.Popen([sys.executable, str(echo)], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
    return address[0], int(listen.process.stdout.readline())


def wait_for_client():
    pass
