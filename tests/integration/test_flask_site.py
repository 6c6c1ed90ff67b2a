"""A real Flask site behind nginx."""

import hashlib

import pytest
import requests

from support.paths import APPS
from support.waiting import DEADLINE


@pytest.fixture(scope="module", params=["default", "keep-alive"])
def site(request, module_sites):
    site = module_sites.serve("flask_site", handler="site_app.app", workers=2)
    server = module_sites.nginx(site, keep=request.param == "keep-alive")
    server.host = site.host
    return server


@pytest.fixture
def client(site):
    with requests.Session() as session:
        send = session.request
        session.request = lambda method, path, **more: send(
            method, site.url + path, **{"timeout": DEADLINE, **more})
        yield session


def test_session_login_and_flash(client):
    assert '<p id="user">nobody</p>' in client.get("/").text
    page = client.post("/login", data={"user": "Zo\u00eb"})
    assert [step.status_code for step in page.history] == [302]
    assert '<p id="user">Zo\u00eb</p>' in page.text
    assert '<p class="flash">Hello Zo\u00eb</p>' in page.text
    assert "flash" not in client.get("/").text
    assert '<p id="user">nobody</p>' in client.post("/logout").text


def test_static_file_and_its_etag(client):
    first = client.get("/static/style.css")
    assert first.content == (APPS / "flask_site" / "static" / "style.css").read_bytes()
    assert first.headers["Content-Type"].startswith("text/css")
    again = client.get("/static/style.css", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_part_of_a_file(client):
    answer = client.get("/send/style.css", headers={"Range": "bytes=5-9"})
    assert (answer.status_code, answer.text) == (206, "{ col")


@pytest.mark.parametrize("size", [0, 10, 3_000_000])
def test_upload(client, size):
    data = b"\0\r\n--x" * (size // 6) + b"y" * (size % 6)
    answer = client.post("/upload", files={"file": ("a name \u00fc.bin", data)},
                         data={"note": "\u2603"})
    assert answer.json() == {"name": "a name \u00fc.bin", "note": "\u2603",
                             "sha256": hashlib.sha256(data).hexdigest()}


def test_stream(client):
    answer = client.get("/stream", params={"word": "line"})
    assert answer.text == "".join(f"line {number}\n" for number in range(5))


def test_cookies(client):
    answer = client.get("/cookies", cookies={"sent": "by-the-client"})
    assert answer.json() == {"sent": "by-the-client"}
    assert {cookie.name: cookie.value for cookie in answer.cookies} == {"first": "1", "second": "2"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_methods_and_json(client, method, site):
    answer = client.request(method, "/api/caf\u00e9 x?a=1&a=2", json={"key": ["value", 1]})
    shown = answer.json()
    assert shown["method"] == method
    assert shown["name"] == "caf\u00e9 x"
    assert shown["json"] == {"key": ["value", 1]}
    assert shown["args"] == {"a": ["1", "2"]}
    assert shown["url"].startswith("http://127.0.0.1/api/")


def test_errors_belong_to_the_app(client, site):
    missing = client.get("/no/such/page")
    assert missing.status_code == 404
    assert missing.text.strip() == "<p>No such page: /no/such/page</p>"
    assert client.get("/teapot").status_code == 418
    assert client.post("/").status_code == 405
    broken = client.get("/broken")
    assert broken.status_code == 500
    assert "Internal Server Error" in broken.text
    site.host.wait_for_log("ValueError: a view that raises")


def test_head_and_options(client):
    answer = client.head("/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(client.get("/").content)
    assert set(client.options("/").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
