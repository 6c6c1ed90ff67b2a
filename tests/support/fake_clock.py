"""A host whose clocks we set, by libfaketime."""

from pathlib import Path

from support.paths import VENV_PYTHON, wrapper

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


class FakeClock:
    """Its files are in `folder`. monotonic: both clocks, rather than that on the wall alone"""

    def __init__(self, folder, interpreter=VENV_PYTHON, monotonic=False):
        assert LIBRARY, "libfaketime is not installed: apt-get install faketime"
        self._file = folder / "clock"
        self.set("+0h")
        self.environment = {"LD_PRELOAD": str(LIBRARY), "FAKETIME_NO_CACHE": "1",
                            "FAKETIME_TIMESTAMP_FILE": str(self._file)}
        #: For the workers: time.sleep() of Python 3.11 fails under libfaketime.
        self.python = wrapper(folder, "unset LD_PRELOAD", interpreter)
        if not monotonic:
            self.environment["DONT_FAKE_MONOTONIC"] = "1"

    def set(self, change):
        """change: from the true time, as `+9h`"""
        self._file.write_text(change + "\n")
