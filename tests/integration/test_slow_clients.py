"""The embedded HTTP front end under slowhttptest: an ordinary client is served all along."""

import resource
import shutil
import socket
import subprocess
import time

import pytest
import requests

from support import proc
from support.waiting import DEADLINE, wait_until

#: What an ordinary client waits at most for any of its answers, and how long all of this goes on:
#: longer than a client may take for its request's head.
PATIENCE, SECONDS = 1.0, 13

ATTACKS = {
    "heads that never end": ["-H", "-i", "2", "-r", "100"],
    "bodies that never end": ["-B", "-i", "2", "-s", "8000000", "-r", "100"],
    "answers that are not taken": ["-X", "-r", "50", "-w", "512", "-y", "1024", "-n", "5",
                                   "-z", "32"],
}


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_ordinary_client_is_served_within_a_second(serve, attack):
    tool = shutil.which("slowhttptest")
    assert tool, "slowhttptest is not installed: apt-get install slowhttptest"
    site = serve("bulk", listen=None, options=["--http", "tcp:127.0.0.1:0"], workers=2, threads=4)
    url = site.host.wait_for_log(r"listening on (http://\S+)")[1]
    attacker = subprocess.Popen(
        [tool, *ATTACKS[attack], "-c", "800", "-l", str(SECONDS), "-p", "3",
         "-u", url + "down?1000000"], cwd=site.root, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    waits = []
    try:
        wait_until(lambda: len(proc.descriptors(site.host.pid)) > 200, "the attack is under way")
        end = time.monotonic() + SECONDS - 3
        while time.monotonic() < end:
            begin = time.monotonic()
            answer = requests.get(url + "down?1000", timeout=DEADLINE)
            waits.append(time.monotonic() - begin)
            assert answer.status_code == 200 and len(answer.content) == 1000
            time.sleep(0.02)
        output, _ = attacker.communicate(timeout=DEADLINE)
    finally:
        attacker.kill()
        attacker.wait()
    print(f"{len(waits)} answers, the slowest after {max(waits):.3f} s")
    assert "Exit status:" in output, output
    assert len(waits) > 20, "the client was hardly there"
    assert max(waits) < PATIENCE


def test_one_address_has_its_share_of_connections(serve):
    """With few descriptors the share is small; whoever waits for nothing is served beyond it."""
    limited = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))  # noqa: E731
    site = serve("hello", listen=None, options=["--http", "tcp:127.0.0.1:0"], threads=2,
                 preexec_fn=limited)
    match = site.host.wait_for_log(r"listening on (http://127\.0\.0\.1:(\d+)/)")
    idle = [socket.create_connection(("127.0.0.1", int(match[2])), DEADLINE) for _ in range(80)]
    site.host.wait_for_log("HTTP connections from 127.0.0.1 are too many.*server.trusted_hops")
    assert requests.get(match[1], timeout=DEADLINE).text == "Hello world!"
    assert len(proc.descriptors(site.host.pid)) < 120
    for peer in idle:
        peer.close()
