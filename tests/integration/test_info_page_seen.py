"""The debug channel's pages as a person sees them, in a real browser."""

import re

import pytest
import requests

from support.chromium import Chromium
from support.engines import DEBUGPY
from support.waiting import DEADLINE, wait_until

SECRET = "Xq7-secret-of-the-tests-9fT2"
WIDE, PHONE = 1000, 400
THROUGH, BLOCKED = "get through: a debugger can come this way", "do not get through: see below"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture
def see(browser):
    """Opens a page, narrow and dark, wide and light; returns its text once all was tried."""
    def see(url):
        for width in (PHONE, WIDE):
            browser.open(url, width=width, dark=width == PHONE)
            wait_until(lambda: browser.evaluate("document.body.dataset.probe"), "it was tried")
            browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert not browser.is_wider_than_its_window(), f"to be scrolled at {width} px"
        assert browser.requests() == [url], "the page loads something"
        assert SECRET not in browser.evaluate("document.documentElement.outerHTML")
        return browser.text()
    return see


def serve(sites, engine=DEBUGPY, secret=SECRET, **more):
    python = {"python": engine.interpreter} if engine else {}
    site = sites.serve(environment={"WSGI_PTVSD_SECRET": secret}, http=True, **python, **more)
    site.host.wait_for_log(r"debugpy \S+ is ready|debugpy is not installed|cannot be debugged")
    return site


def test_a_site_that_can_be_debugged(sites, see, browser):
    url = sites.front_end("http", serve(sites)).url
    text = see(url + "/ptvsd")
    address = url.removeprefix("http://") + "/ptvsd"
    assert text.startswith("Debugging is on\n")
    assert f"holdfast attach ws://<secret>@{address}" in text
    assert f"holdfast attach ws://{address}" in text
    assert re.search(r"debugpy 1\.8\.22, ready\s+Python\s+3\.11", text)
    assert THROUGH in text
    for editor in ("Visual Studio Code", "Visual Studio\n", "PyCharm", "Neovim"):
        assert editor in text
    assert "short" not in text
    assert browser.complaints() == []


def test_what_is_wrong_is_said(sites, see):
    url = sites.front_end("http", serve(sites, engine=None, secret="short")).url
    text = see(url + "/ptvsd/")
    assert text.startswith("Debugging is on, but no debugger can attach\n")
    assert re.search(r"/bin/python\S* -m pip install debugpy", text)
    assert "fewer than 16 characters" in text


def test_fastcgi_carries_no_websocket(sites, see):
    text = see(sites.front_end("nginx", serve(sites)).url + "/ptvsd")
    assert BLOCKED in text
    assert "by FastCGI, which carries no WebSocket" in text
    assert "proxy_set_header Upgrade $http_upgrade;" in text


@pytest.mark.parametrize("kind", ("nginx", "lighttpd", "apache", "caddy"))
def test_websockets_get_through_web_servers(sites, see, kind):
    front = sites.front_end(kind, serve(sites, channel="unix"), channel=True)
    assert THROUGH in see(front.url + "/ptvsd")


def test_the_private_view(sites, browser):
    url = sites.front_end("http", serve(sites)).url + "/ptvsd/view"

    def give(secret, told):
        browser.evaluate(f"document.querySelector('[name=secret]').value = '{secret}'")
        browser.evaluate("document.querySelector('button').click()")
        wait_until(lambda: told in browser.text(), told)

    browser.open(url, width=PHONE)
    assert not browser.is_wider_than_its_window()
    assert browser.evaluate("getComputedStyle(document.querySelector('[name=secret]'))"
                            ".webkitTextSecurity") == "disc"
    give("wrong", "The secret is wrong.")
    give(SECRET, "You have proven the secret")
    assert "none is attached" in browser.text()
    assert browser.evaluate("document.cookie") == "", "scripts do not see the cookie"
    assert "Secret" in requests.get(url, timeout=DEADLINE).text, "nobody else sees the view"
