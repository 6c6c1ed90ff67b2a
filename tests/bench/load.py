"""Loads a port by wrk."""

import json
import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "wrk.lua"
#: What a browser sends.
HEADERS = [
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
    "Accept-Language: en-US,en;q=0.5",
    "Accept-Encoding: gzip, deflate, br",
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark",
    "Referer: http://127.0.0.1/before",
    "Upgrade-Insecure-Requests: 1",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-Mode: navigate",
    "Cache-Control: max-age=0",
]


def load(port, request, connections, seconds):
    """-> requests, seconds, p50_us, p99_us, errors by kind"""
    command = ["wrk", "--threads", "1", "--connections", str(connections),
               "--duration", f"{max(round(seconds), 1)}s", "--timeout", "10s",
               "--script", str(SCRIPT)]
    for header in HEADERS:
        command += ["--header", header]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{request.path}"], capture_output=True, text=True,
        env={**os.environ, "BENCH_METHOD": request.method, "BENCH_BODY": str(request.body_bytes)})
    return figures(done.stdout + done.stderr)


def figures(output):
    for line in output.splitlines():
        if line.startswith("FIGURES "):
            return json.loads(line[len("FIGURES "):])
    raise RuntimeError(f"wrk gave no figures:\n{output}")
