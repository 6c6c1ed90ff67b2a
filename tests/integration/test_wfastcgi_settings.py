"""Settings of wfastcgi and of PTVS's virtualenv proxy that act inside the worker."""

import json
import subprocess
import sys

import pytest

from support.site import IN_SETTINGS

#: What its name promises: adds a folder, and tells that it ran.
ACTIVATE = """\
import os, sys
base = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(base, "packages"))
os.environ["VIRTUAL_ENV"] = base
"""

#: A stand-in for the package of Application Insights.
TELEMETRY = """\
class WSGIApplication:
    def __init__(self, key, app):
        self.key, self.app = key, app

    def __call__(self, environ, start_response):
        environ["telemetry.key"] = self.key
        return self.app(environ, start_response)
"""

APP = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(environ.get("telemetry.key")).encode()]
"""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def web_config(**settings):
    entries = "".join(f'<add key="{key}" value="{value}"/>\n' for key, value in settings.items())
    return f"<configuration><appSettings>\n{entries}</appSettings></configuration>\n"


@pytest.fixture
def site_of(sites):
    def start(files, settings, **more):
        root = sites.copy_app("hello", sites.new_folder() / "site")
        for name, text in files.items():
            write(root / name, text)
        write(root / "web.config", web_config(**settings))
        return sites.serve("hello", handler=IN_SETTINGS, root=root, **more)
    return start


def test_activate_this_runs_before_the_app_is_imported(site_of):
    site = site_of({"env/activate_this.py": ACTIVATE, "env/packages/only_there.py": APP},
                   {"WSGI_HANDLER": "ptvs_virtualenv_proxy.get_virtualenv_handler()",
                    "WSGI_ALT_VIRTUALENV_HANDLER": "only_there.app",
                    "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS": "env/activate_this.py"})
    assert site.get("/").text == "None"


def test_activate_this_that_raises_is_named(site_of):
    site = site_of({"env/activate_this.py": "raise RuntimeError('no such env')\n"},
                   {"WSGI_HANDLER": "hello.app",
                    "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS": "env/activate_this.py"}, ready=False)
    site.host.wait_for_log("WSGI_ALT_VIRTUALENV_ACTIVATE_THIS is .*raised RuntimeError: no such env")
    answer = site.get("/", HTTP_ACCEPT="text/plain")
    assert answer.status == 500
    assert b"no such env" in answer.stderr


def test_the_environments_interpreter_is_used(site_of, tmp_path):
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    site = site_of({"which.py": "import sys\n\ndef app(environ, start_response):\n"
                                "    start_response('200 OK', [])\n"
                                "    return [sys.prefix.encode()]\n"},
                   {"WSGI_HANDLER": "ptvs_virtualenv_proxy.get_venv_handler()",
                    "WSGI_ALT_VIRTUALENV_HANDLER": "which.app",
                    "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS": f"{venv}/bin/python"}, python=IN_SETTINGS)
    assert site.get("/").text == str(venv)


@pytest.mark.parametrize("source", ["web.config", "environment", "holdfast.yaml"])
def test_telemetry_wraps_the_app(site_of, source):
    key = "00000000-1111-2222-3333-444444444444"
    files = {"applicationinsights/__init__.py": "", "applicationinsights/requests.py": TELEMETRY,
             "told.py": APP}
    settings, environment = {"WSGI_HANDLER": "told.app"}, {}
    if source == "web.config":
        settings["APPINSIGHTS_INSTRUMENTATIONKEY"] = key
    elif source == "environment":
        environment["APPINSIGHTS_INSTRUMENTATIONKEY"] = key
    else:
        files["holdfast.yaml"] = f"telemetry: {key}\n"
    site = site_of(files, settings, environment=environment)
    assert site.get("/").text == key
    assert key not in site.host.log


def test_telemetry_without_its_package_harms_nobody(site_of):
    site = site_of({}, {"WSGI_HANDLER": "hello.app", "APPINSIGHTS_INSTRUMENTATIONKEY": "some-key"})
    assert site.get("/").text == "Hello world!"
    site.host.wait_for_log("APPINSIGHTS_INSTRUMENTATIONKEY is set, but applicationinsights cannot "
                           "be used: ModuleNotFoundError")


@pytest.mark.parametrize("sent, script_name, path_info", [
    ({"SCRIPT_NAME": "/a", "PATH_INFO": "/b"}, "/a", "/b"),
    ({"SCRIPT_NAME": "", "PATH_INFO": "/b"}, "", "/b")])
def test_the_servers_script_name_is_kept_where_it_is_allowed(sites, sent, script_name, path_info):
    site = sites.serve("environ_echo", environment={"AllowPathInfoForScriptMappings": "1"})
    environ = {"REQUEST_METHOD": "GET", "SERVER_SOFTWARE": "Microsoft-IIS/10.0", **sent}
    seen = json.loads(site.request(environ).body)["environ"]
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == (script_name, path_info)


def test_a_log_that_cannot_be_written_fails_nothing(sites):
    site = sites.serve("hello", environment={"WSGI_LOG": "/dev/full"})
    site.host.wait_for_log("the log cannot be written to /dev/full: No space left on device; "
                           "it goes to standard error")
    assert site.get("/").text == "Hello world!"
