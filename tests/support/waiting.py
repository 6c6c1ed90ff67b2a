"""Waiting for events: always for a condition, never for a time."""

import time

#: Seconds that anything may take. Far above what it needs, also under a sanitizer.
DEADLINE = 60.0


def wait_until(condition, what, deadline=DEADLINE, interval=0.02):
    """Calls `condition` until it gives something true, which is returned."""
    end = time.monotonic() + deadline
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline:.0f} s: {what}")
        time.sleep(interval)


def wait_until_settled(value, quiet=1.0, deadline=DEADLINE):
    """Waits until `value()` has not changed for `quiet` seconds and returns it."""
    end = time.monotonic() + deadline
    last, since = value(), time.monotonic()
    while time.monotonic() - since < quiet:
        time.sleep(0.05)
        now = value()
        if now != last:
            last, since = now, time.monotonic()
        assert time.monotonic() < end, f"still changing after {deadline:.0f} s: {last!r}"
    return last
