"""One running `holdfast`: started, listened to, stopped, and its remains counted."""

import os
import re
import signal
import subprocess
import threading
import uuid
from pathlib import Path

from support import proc
from support.paths import HOLDFAST
from support.waiting import DEADLINE, wait_until

TAG = "HOLDFAST_TEST_TAG"


class HoldfastProcess:
    """Runs the binary with the given arguments in `folder`.

    Its log is read by a thread of ours. A tag in the environment marks every
    process that comes from it, so that none can leave unseen.
    """

    def __init__(self, arguments, folder, environment=None, binary=HOLDFAST, prefix=(), **popen):
        self.folder = Path(folder)
        self.tag = f"{TAG}={uuid.uuid4().hex}"
        self.lines = []
        self._grown = threading.Condition()
        self._log_ended = False
        self._reports = self.folder / "sanitizer"
        self._reports.mkdir(exist_ok=True)
        popen.setdefault("stdin", subprocess.DEVNULL)
        popen.setdefault("cwd", self.folder)
        self.process = subprocess.Popen(
            [*prefix, str(binary), *map(str, arguments)],
            **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **popen},
            env=self._environment(environment))
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    # -- the log ---------------------------------------------------------

    @property
    def log(self):
        with self._grown:
            return "\n".join(self.lines)

    def wait_for_log(self, pattern, deadline=DEADLINE, count=1):
        """Waits for `count` lines that match and returns the last of them (a match)."""
        expression = re.compile(pattern)

        def matches():
            return [m for m in map(expression.search, self.lines) if m]

        with self._grown:
            arrived = self._grown.wait_for(
                lambda: len(matches()) >= count or self._log_ended, deadline)
            found = matches()
        if len(found) >= count:
            return found[count - 1]
        end = "" if arrived else f" within {deadline:.0f} s"
        raise AssertionError(
            f"{len(found)} of {count} log lines match {pattern!r}{end}; the log:\n{self.log}")

    def log_matches(self, pattern):
        with self._grown:
            return [m for m in map(re.compile(pattern).search, self.lines) if m]

    # -- its processes ---------------------------------------------------

    @property
    def pid(self):
        return self.process.pid

    def all_pids(self):
        """The host and whatever came from it and is still there."""
        return proc.with_environment(self.tag)

    def workers(self):
        """Living worker processes that have said that they are ready."""
        ready = {int(m[1]) for m in self.log_matches(r"worker (\d+): ready")}
        return sorted(pid for pid in ready if proc.is_alive(pid))

    def wait_for_workers(self, count):
        return wait_until(lambda: self.workers() if len(self.workers()) == count else None,
                          f"{count} workers are ready")

    # -- its end ---------------------------------------------------------

    def wait_exit(self, deadline=DEADLINE):
        """Waits for the end of the host itself; returns its exit code."""
        code = self.process.wait(deadline)
        self._reader.join(deadline)
        return code

    def stop(self, number=signal.SIGTERM):
        """Asks it to stop and asserts that it did: exit code 0, nothing left,
        no sanitizer report."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not stop; the log:\n{self.log}") from None
        left = {pid: proc.command_line(pid) for pid in self.all_pids()}
        self._reader.join(DEADLINE)
        self.assert_no_reports()
        assert code == 0, f"exit code {code}; the log:\n{self.log}"
        assert not left, f"processes outlive the host: {left}; the log:\n{self.log}"

    def kill_leftovers(self):
        """The watchdog: whatever the test did, nothing goes on running."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE)
        proc.kill_all(self.all_pids())

    def assert_no_reports(self):
        reports = "\n".join(path.read_text(errors="replace") for path in self._reports.iterdir())
        assert not reports, f"sanitizer reports:\n{reports}"

    # -- inside ----------------------------------------------------------

    def _environment(self, extra):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("WSGI_", "HOLDFAST_", "LISTEN_"))}
        name, _, value = self.tag.partition("=")
        environment.update({name: value, "PYTHONDONTWRITEBYTECODE": "1"})
        for sanitizer in ("ASAN", "UBSAN", "TSAN", "LSAN"):
            options = [environment.get(f"{sanitizer}_OPTIONS", ""),
                       f"log_path={self._reports / sanitizer.lower()}", "print_stacktrace=1"]
            environment[f"{sanitizer}_OPTIONS"] = ":".join(filter(None, options))
        environment.update(extra or {})
        return {name: value for name, value in environment.items() if value is not None}

    def _read_log(self):
        for line in self.process.stdout:
            with self._grown:
                self.lines.append(line.decode("utf-8", "backslashreplace").rstrip("\r\n"))
                self._grown.notify_all()
        self._end_log()

    def _end_log(self):
        with self._grown:
            self._log_ended = True
            self._grown.notify_all()
