"""PyPI's httpbin gives the same answers as under gunicorn, both behind nginx."""

import json
import os
import re
import socket
import subprocess
import sys

import pytest
import requests

from support.paths import VENV_PYTHON
from support.waiting import DEADLINE

#: Belong to the connection or the server, not to the app's answer.
NOT_COMPARED = {"date", "server", "connection", "keep-alive", "transfer-encoding"}
#: The order of httpbin's Allow headers hangs on it.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
#: httpbin echoes the headers: both get what the client sent.
PROXY = ("proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Host $host; "
         "proxy_set_header Connection $http_connection;")

FORM = {"data": {"name": "Zo\u00eb", "many": ["1", "2"]}}
JSON = {"json": {"key": ["value", 1, None, "\u2603"]}}
BINARY = {"data": bytes(range(256)) * 100, "headers": {"Content-Type": "application/octet-stream"}}
MULTIPART = {"files": {"file": ("name \u00fc.txt", b"content\r\nof the file", "text/plain")},
             "data": {"field": "value"}}

REQUESTS = [
    ("GET", "/"), ("GET", "/get"), ("GET", "/get?a=1&a=2&b=%E2%98%83&c"), ("HEAD", "/get"),
    ("OPTIONS", "/get"), ("POST", "/get"), ("GET", "/headers"),
    ("GET", "/headers", {"headers": {"X-Odd": "a, b;c=\"d\"", "Accept-Language": "de"}}),
    ("GET", "/ip"), ("GET", "/user-agent"),
    ("POST", "/post", FORM), ("POST", "/post", JSON), ("POST", "/post", BINARY),
    ("POST", "/post", MULTIPART), ("POST", "/post"), ("PUT", "/put", JSON),
    ("PATCH", "/patch", FORM), ("DELETE", "/delete"), ("DELETE", "/delete", JSON),
    ("GET", "/anything/a%20b/c?x=y"), ("PUT", "/anything", BINARY), ("POST", "/anything/x", FORM),
    ("GET", "/anything/caf%C3%A9"),
    *[("GET", f"/status/{code}") for code in (200, 201, 204, 301, 304, 400, 401, 402, 404, 406,
                                              418, 500, 503)],
    ("POST", "/status/201"), ("DELETE", "/status/204"),
    ("GET", "/redirect/1"), ("GET", "/relative-redirect/2"), ("GET", "/absolute-redirect/1"),
    ("GET", "/redirect-to?url=/get&status_code=307"),
    ("GET", "/cookies", {"headers": {"Cookie": "a=1; b=two"}}), ("GET", "/cookies/set?a=1&b=2"),
    ("GET", "/cookies/delete?a"),
    ("GET", "/basic-auth/u/p"), ("GET", "/basic-auth/u/p", {"auth": ("u", "p")}),
    ("GET", "/bearer"), ("GET", "/bearer", {"headers": {"Authorization": "Bearer token"}}),
    ("GET", "/stream/5"), ("GET", "/stream-bytes/5000?seed=1&chunk_size=100"),
    ("GET", "/bytes/5000?seed=1"), ("GET", "/range/1024"),
    ("GET", "/range/1024", {"headers": {"Range": "bytes=10-19"}}),
    ("GET", "/range/1024", {"headers": {"Range": "bytes=2000-"}}),
    ("GET", "/drip?duration=0&numbytes=10&delay=0"), ("GET", "/delay/0"),
    ("GET", "/encoding/utf8"), ("GET", "/html"), ("GET", "/json"), ("GET", "/xml"),
    ("GET", "/robots.txt"), ("GET", "/deny"), ("GET", "/gzip"), ("GET", "/deflate"),
    ("GET", "/brotli"), ("GET", "/image/png"), ("GET", "/image/svg"),
    ("GET", "/image", {"headers": {"Accept": "image/webp"}}),
    ("GET", "/image", {"headers": {"Accept": "text/plain"}}),
    ("GET", "/links/5/0"), ("GET", "/base64/SG9sZGZhc3Q="),
    ("GET", "/cache", {"headers": {"If-None-Match": "x"}}), ("GET", "/cache/60"),
    ("GET", "/etag/x"), ("GET", "/etag/x", {"headers": {"If-None-Match": "x"}}),
    ("GET", "/etag/x", {"headers": {"If-Match": "y"}}),
    ("GET", "/response-headers?A=1&A=2&Content-Type=text/plain"), ("GET", "/forms/post"),
    ("GET", "/static/favicon.ico"), ("GET", "/no/such/page"), ("POST", "/html"),
]


@pytest.fixture(scope="module")
def gunicorn(module_sites):
    folder = module_sites.new_folder()
    path = folder / "gunicorn"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(100)
        process = subprocess.Popen(
            [VENV_PYTHON, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}", "--threads", "4",
             "--no-control-socket", "httpbin:app"], cwd=folder, pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL, stdout=sys.stdout, stderr=sys.stdout,
            env={**os.environ, **ENVIRONMENT})
    yield module_sites.start_nginx(f"unix:{path}", PROXY)
    process.terminate()
    process.wait(DEADLINE)


@pytest.fixture(scope="module", params=["default", "keep-alive"])
def holdfast(request, module_sites):
    site = module_sites.serve("hello", handler="httpbin:app", workers=2,
                              environment=ENVIRONMENT)
    return module_sites.nginx(site, keep=request.param == "keep-alive")


def ask(server, method, path, options):
    headers = {"X-Forwarded-For": "203.0.113.9", **options.get("headers", {})}
    answer = requests.request(method, server.url + path, allow_redirects=False, timeout=DEADLINE,
                              **{**options, "headers": headers})
    kept = sorted((name.lower(), value) for name, value in answer.raw.headers.items()
                  if name.lower() not in NOT_COMPARED)
    return answer.status_code, answer.reason, kept, body_of(answer)


def body_of(answer):
    """JSON, one or several lines of it, compares whatever its order of keys: that
    follows the order in which a server fills its environ."""
    if answer.headers.get("Content-Type") == "application/json":
        return [json.loads(line) for line in re.split(r"\n(?=\{)", answer.text) if line]
    return answer.content


def case_name(case):
    method, path, *options = case
    return f"{method} {path}" + "".join(" with " + ",".join(option) for option in options)


@pytest.mark.parametrize("case", REQUESTS, ids=case_name)
def test_same_answer_as_under_gunicorn(holdfast, gunicorn, monkeypatch, case):
    method, path, *rest = case
    options = rest[0] if rest else {}
    monkeypatch.setattr("urllib3.filepost.choose_boundary", lambda: "one-boundary-for-both")
    ours, theirs = (ask(server, method, path, options) for server in (holdfast, gunicorn))
    for mine, other in zip(ours, theirs):
        assert mine == other
