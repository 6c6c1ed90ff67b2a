"""What wfastcgi's users rely on, case by case.

The numbers are those of the FastCGI tests of Python Tools for Visual Studio; those that only
IIS can have, and those of changed files, are elsewhere. Harness A gives all settings by the
environment, harness B by web.config in the app's folder.
"""

import http.client
import re
import subprocess
import threading
from xml.sax.saxutils import quoteattr

import pytest

from support.front_end import request_on
from support.paths import APPS, VENV_PYTHON
from support.site import FRONT_ENDS, IN_SETTINGS, WEB_SERVERS
from support.waiting import DEADLINE, wait_until

everywhere = pytest.mark.parametrize("kind", FRONT_ENDS)
servers = pytest.mark.parametrize("kind", WEB_SERVERS)

HELLO = "<html><body>hello world</body></html>"
DJANGO = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": "",
          "WSGI_HANDLER": "django.core.handlers.wsgi.WSGIHandler()"}


def web_config(settings):
    rows = "\n".join(f"    <add key={quoteattr(key)} value={quoteattr(value)}/>"
                     for key, value in settings.items())
    return f"""\
<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <appSettings>
{rows}
  </appSettings>
</configuration>
"""


class Cases:
    """Sites of this module, each started when it is first asked for."""

    def __init__(self, sites):
        self.sites = sites
        self._found = {}

    def by_environment(self, app, **settings):
        """Harness A."""
        key = ("A", app, *settings.items())
        if key not in self._found:
            self._found[key] = self.sites.serve(app, handler=IN_SETTINGS, environment=settings,
                                                http=True)
        return self._found[key]

    def by_web_config(self, app, workers=1, threads=4, **settings):
        """Harness B."""
        key = ("B", app, workers, threads, *settings.items())
        if key not in self._found:
            self._found[key] = serve_by_web_config(self.sites, app, settings, http=True,
                                                   workers=workers, threads=threads)
        return self._found[key]

    def front(self, kind, site, **more):
        return self.sites.front_end(kind, site, **more)


def serve_by_web_config(sites, app, settings, **more):
    root = sites.copy_app(app, sites.new_folder() / "site")
    (root / "web.config").write_text(web_config({"PYTHONPATH": str(root), **settings}))
    return sites.serve(app, handler=IN_SETTINGS, root=root, **more)


@pytest.fixture(scope="module")
def cases(module_sites):
    return Cases(module_sites)


# -- Django, harness A ------------------------------------------------------

@everywhere
def test_case_1_django_hello_world(cases, kind):
    page = cases.front(kind, cases.by_environment("django_small", **DJANGO)).get("/")
    assert (page.status, page.text) == (200, "<html><body>Hello World!</body></html>")


def test_case_1_settings_of_web_config_are_in_the_environment(cases):
    site = cases.by_web_config("django_small", **DJANGO, CONFIG_VALUE="Hello There!")
    page = cases.front("nginx", site).get("/config")
    assert (page.status, page.text) == (200, "<html><body>Hello There!</body></html>")


@everywhere
def test_case_2_large_response(cases, kind):
    page = cases.front(kind, cases.by_environment("django_small", **DJANGO)).get("/large_response")
    pattern = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghjklmnopqrstuvwxyz0123456789"
    assert len(page.body) == 183_000
    assert page.text == pattern * 3000


def test_case_3_django_in_parallel(cases):
    server = cases.front("nginx", cases.by_environment("django_small", **DJANGO))
    wrong = []

    def client():
        connection = server.connect()
        for _ in range(1000):
            page = request_on(connection, "GET", "/")
            if page.body != b"<html><body>Hello World!</body></html>":
                wrong.append(page)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, (len(wrong), wrong[:3])


# -- handlers, harness A ----------------------------------------------------

@everywhere
def test_case_4_handler_of_several_chunks(cases, kind):
    site = cases.by_environment("wfastcgi_style", WSGI_HANDLER="wfastcgi_style.in_chunks")
    page = cases.front(kind, site).get("/")
    assert (page.status, page.text) == (200, HELLO)
    assert page.headers["Custom-Header"] == "42"


def test_case_4_with_a_log_file(sites, tmp_path):
    """The socket shows that it serves: the log is in the file."""
    site = sites.serve("wfastcgi_style", handler=IN_SETTINGS, listen=None, ready=False,
                       options=["--listen", f"unix:{tmp_path}/fcgi"], environment={
                           "WSGI_HANDLER": "wfastcgi_style.in_chunks",
                           "WSGI_LOG": str(tmp_path / "log.txt")})
    site.address = f"unix:{tmp_path}/fcgi"
    wait_until((tmp_path / "fcgi").exists, "it listens")
    assert sites.front_end("nginx", site).get("/").text == HELLO
    log = tmp_path / "log.txt"
    wait_until(lambda: log.exists() and ": ready" in log.read_text(), "the log is in the file")


@everywhere
def test_case_5_handler_that_is_called_for_the_app(cases, kind):
    site = cases.by_environment("wfastcgi_style", WSGI_HANDLER="wfastcgi_style.factory()")
    page = cases.front(kind, site).get("/")
    assert (page.status, page.text) == (200, HELLO)


@everywhere
def test_case_6_error_with_the_apps_own_page(cases, kind):
    site = cases.by_environment("wfastcgi_style", WSGI_HANDLER="wfastcgi_style.closed")
    page = cases.front(kind, site).get("/")
    assert (page.status, page.text) == (
        404, "<html><body>We are closed. Come back in two weeks.</body></html>")


# -- harness B --------------------------------------------------------------

def test_case_7_a_new_django_site(sites):
    root = sites.new_folder() / "site"
    root.mkdir()
    subprocess.run([VENV_PYTHON, "-m", "django", "startproject", "fresh", root], check=True,
                   timeout=DEADLINE)
    (root / "web.config").write_text(web_config({
        "WSGI_HANDLER": "django.core.wsgi.get_wsgi_application()", "PYTHONPATH": str(root),
        "DJANGO_SETTINGS_MODULE": "fresh.settings"}))
    server = sites.front_end("nginx", sites.serve("fresh", handler=IN_SETTINGS, root=root))
    page = server.get("/", Host="localhost")
    assert page.status == 200
    assert "The install worked successfully! Congratulations!" in page.text


@everywhere
def test_case_9_hello_world(cases, kind):
    site = cases.by_web_config("wfastcgi_style", WSGI_HANDLER="wfastcgi_style.handler")
    page = cases.front(kind, site).get("/")
    assert (page.status, page.text) == (200, "hello world!")


@everywhere
def test_case_10_class_that_is_called_for_the_app(cases, kind):
    site = cases.by_web_config("wfastcgi_style", WSGI_HANDLER="wfastcgi_style.Handler()")
    page = cases.front(kind, site).get("/")
    assert (page.status, page.text) == (200, "hello world!")


#: case -> handler, what log and web server's error log say of it
BAD_HANDLERS = {
    11: ("none.does_not_exist", "has no attribute 'does_not_exist'"),
    12: ("no_such_module.does_not_exist",
         '"no_such_module.does_not_exist" could not be imported'),
    13: ("raises.app", "Exception: handler file is raising"),
    14: ("raises", '"raises" could not be imported'),
    16: ("none.app", '"none.app" could not be imported'),
}


@pytest.mark.parametrize("case", BAD_HANDLERS)
def test_cases_11_to_16_bad_handlers(sites, case):
    handler, expected = BAD_HANDLERS[case]
    site = serve_by_web_config(sites, "failing_import", {"WSGI_HANDLER": handler}, ready=False)
    server = sites.front_end("nginx", site)
    assert server.get("/").status == 500
    wait_until(lambda: expected in server.error_log, f"nginx's log has {expected!r}")
    site.host.wait_for_log(re.escape(expected))
    if case == 14:
        assert "handler file is raising" not in site.host.log, "the module was imported"


def test_case_15_no_handler(sites):
    """It is found at the start already, not by the first visitor."""
    site = serve_by_web_config(sites, "failing_import", {}, ready=False, listen=None)
    assert site.host.wait_exit() == 2
    assert "WSGI_HANDLER env var must be set" in site.host.log


def test_case_17_output_of_a_handler_that_fails(sites):
    """Shown to whoever may see it, and in the log."""
    site = serve_by_web_config(sites, "failing_import", {"WSGI_HANDLER": "raises.app"},
                               ready=False, options=["--config", show_errors(sites)])
    server = sites.front_end("nginx", site)
    page = server.get("/", Accept="text/plain")
    assert page.status == 500
    for text in ("something to std err", "something to std out", "handler file is raising"):
        assert text in page.text
        site.host.wait_for_log(text)


def show_errors(sites):
    path = sites.new_folder() / "holdfast.yaml"
    path.write_text("server:\n  show_errors: true\n")
    return path


@everywhere
def test_case_18_environment_in_bytes(cases, kind):
    site = cases.by_web_config("wfastcgi_style", WSGI_HANDLER="wfastcgi_style.bytes_keys")
    page = cases.front(kind, site).get("/fob/oar/baz?quox=100")
    assert page.text == "QUERY_STRING: quox=100\nPATH_INFO: /fob/oar/baz\nSCRIPT_NAME: \n"


@everywhere
def test_case_18_environment_in_bytes_of_any_letters(cases, kind):
    site = cases.by_web_config("wfastcgi_style", WSGI_HANDLER="wfastcgi_style.bytes_keys")
    page = cases.front(kind, site).get("/caf%C3%A9/%E9?q=%C3%A9")
    assert page.body == b"QUERY_STRING: q=%C3%A9\nPATH_INFO: /caf\xc3\xa9/\xe9\nSCRIPT_NAME: \n"


@servers
def test_case_24_static_files(cases, kind):
    """Collected by Django, served by the web server, and what is missing is its 404."""
    site = cases.by_web_config("django_small", **DJANGO)
    collected = site.root / "collected"
    if not collected.exists():
        subprocess.run([VENV_PYTHON, "-m", "django", "collectstatic", "--no-input", "--settings",
                        "settings", "--pythonpath", site.root], check=True, timeout=DEADLINE,
                       cwd=site.root)
    server = cases.front(kind, site, static=collected)
    page = server.get("/static/fob/helloworld.txt")
    assert (page.status, page.text) == (200, "hello world from a static text file!")
    assert server.get("/static/no-such-file").status == 404
    assert server.get("/").text == "<html><body>Hello World!</body></html>"


@everywhere
def test_case_26_streaming(cases, kind):
    """One worker makes the file that the other waits for: they have one working directory."""
    site = cases.by_web_config("streaming", WSGI_HANDLER="streaming.app", workers=2, threads=1)
    (site.root / "progress.txt").unlink(missing_ok=True)
    server = cases.front(kind, site, streaming=True)
    connection = server.connect()
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert answer.readline() == b"Hello world!\r\n"
    assert server.get("/fob").status == 200
    assert answer.read() == b"goodbye world!\r\n"
    connection.close()


def test_case_27_django_query_string(cases):
    server = cases.front("nginx", cases.by_web_config("django_small", **DJANGO))
    assert server.get("/?fob=42&oar=100").text == "GET: fob=42&oar=100"


@everywhere
def test_case_28_django_post(cases, kind):
    server = cases.front(kind, cases.by_environment("django_small", **DJANGO))
    page = server.request("POST", "/", b"fob=42&oar=100",
                          {"Content-Type": "application/x-www-form-urlencoded"})
    assert page.text == "POST: fob=42&oar=100"


@everywhere
def test_case_29_django_path(cases, kind):
    server = cases.front(kind, cases.by_environment("django_small", **DJANGO))
    assert server.get("/fob/oar/baz").text == "path: /fob/oar/baz\npath_info: /fob/oar/baz"


@pytest.mark.parametrize("source", ["environment", "web.config"])
def test_case_33_variables_in_pythonpath(sites, source):
    """The handler's module is in the second folder, named by the server's environment alone."""
    root = sites.copy_app("wfastcgi_style", sites.new_folder() / "site")
    settings = {"PYTHONPATH": "%SITELOCATION%;%OTHERLOCATION%", "WSGI_HANDLER": "found_apart.app"}
    environment = {"SITELOCATION": str(root), "OTHERLOCATION": str(APPS / "apart")}
    if source == "environment":
        environment.update(settings)
    else:
        (root / "web.config").write_text(web_config(settings))
    site = sites.serve("wfastcgi_style", handler=IN_SETTINGS, root=root, environment=environment)
    assert sites.front_end("nginx", site).get("/").text == "hello world!"


# -- start_response ---------------------------------------------------------

def bad_headers(cases):
    return cases.by_web_config("wfastcgi_style", WSGI_HANDLER="wfastcgi_style.bad_headers")


@everywhere
def test_case_34_response_restarted(cases, kind):
    page = cases.front(kind, bad_headers(cases)).get("/replaced")
    assert (page.status, page.text) == (500, "500 Error")


def test_case_35_response_restarted_too_late(cases):
    site = bad_headers(cases)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        cases.front("nginx", site).get("/too_late")
    site.host.wait_for_log("Exception: raised by the app")


@pytest.mark.parametrize("case, target, expected", [
    (36, "/twice", "start_response has already been called"),
    (37, "/never", "start_response has not yet been called")])
def test_cases_36_and_37_rules_of_start_response(cases, case, target, expected):
    site = bad_headers(cases)
    server = cases.front("nginx", site)
    page = server.get(target)
    assert page.status == 500
    assert "never seen" not in page.text
    site.host.wait_for_log(expected)
    wait_until(lambda: expected in server.error_log, f"nginx's log has {expected!r}")


# -- what wfastcgi's source shows to be needed ------------------------------

@everywhere
def test_x_original_url_of_any_client_changes_nothing(cases, kind):
    """Web servers pass on whatever a client makes up."""
    site = cases.by_environment("environ_echo", WSGI_HANDLER="environ_echo.app")
    page = cases.front(kind, site).get("/page?x=1", **{"X-Original-URL": "/admin?y=2"})
    environ = page.json()["environ"]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", "/page")
    assert environ["QUERY_STRING"] == "x=1"


def test_x_original_url_of_a_trusted_hop_is_the_path(sites):
    site = sites.serve("environ_echo", listen="tcp",
                       settings="server:\n  trusted_hops: [127.0.0.1]\n")
    environ = sites.front_end("nginx", site).get(
        "/handler.fcgi/caf", **{"X-Original-URL": "/caf%C3%A9/x?y=1"}).json()["environ"]
    assert environ["PATH_INFO"] == "/caf\xc3\xa9/x"
