"""A real Django site behind nginx: admin, forms, static, sessions, uploads."""

import os
import re
import subprocess

import pytest
import requests

from support.paths import VENV_PYTHON
from support.waiting import DEADLINE

PICTURE = bytes(range(256)) * 12_000


def manage(root, *arguments):
    environment = {**os.environ, "DJANGO_SUPERUSER_PASSWORD": "secret",
                   "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([VENV_PYTHON, "manage.py", *arguments], cwd=root, env=environment, check=True,
                   stdout=subprocess.DEVNULL, timeout=DEADLINE)


@pytest.fixture(scope="module")
def root(module_sites):
    root = module_sites.copy_app("django_site", module_sites.new_folder() / "site")
    manage(root, "migrate")
    manage(root, "collectstatic", "--no-input")
    manage(root, "createsuperuser", "--no-input", "--username", "admin", "--email", "a@b.invalid")
    return root


@pytest.fixture(scope="module", params=["default", "keep-alive"])
def server(request, module_sites, root):
    site = module_sites.serve("django_site", handler="wsgi.application", root=root, workers=2)
    server = module_sites.nginx(site, keep=request.param == "keep-alive")
    server.host = site.host
    return server


class Browser(requests.Session):
    """Follows links and fills forms: it sends the hidden token that a form came with."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def request(self, method, path, **more):
        more.setdefault("timeout", DEADLINE)
        return super().request(method, self.server.url + path, **more)

    def submit(self, path, fields, **more):
        page = self.get(path)
        assert page.status_code == 200, page.text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
        return self.post(path, data={"csrfmiddlewaretoken": token, **fields},
                         headers={"Referer": self.server.url + path}, **more)


@pytest.fixture
def browser(server):
    with Browser(server) as session:
        yield session


@pytest.fixture
def admin(browser):
    page = browser.submit("/admin/login/?next=/admin/", {"username": "admin", "password": "secret"})
    assert "Site administration" in page.text
    return browser


def add_question(admin, text, picture=None):
    fields = {"text": text, "choice_set-TOTAL_FORMS": "2", "choice_set-INITIAL_FORMS": "0",
              "choice_set-0-text": "Yes", "choice_set-0-votes": "0",
              "choice_set-1-text": "No \u2603", "choice_set-1-votes": "0", "_save": "Save"}
    files = {"picture": ("a picture.bin", picture)} if picture else {"picture": ("", b"")}
    page = admin.submit("/admin/polls/question/add/", fields, files=files)
    assert "was added successfully" in page.text
    listed = admin.get("/").text
    return re.findall(rf'<a href="(/\d+/)">{re.escape(text)}</a>', listed)[-1]


def test_admin_asks_who_is_there(browser):
    page = browser.get("/admin/")
    assert page.history[0].status_code == 302
    assert "Log in" in page.text
    page = browser.submit("/admin/login/", {"username": "admin", "password": "wrong"})
    assert "Please enter the correct" in page.text


def test_admin_login_and_logout(admin):
    assert "Question" in admin.get("/admin/polls/").text
    page = admin.submit("/admin/password_change/", {"old_password": "wrong"})
    assert "old password was entered incorrectly" in page.text
    token = admin.cookies["csrftoken"]
    page = admin.post("/admin/logout/", data={"csrfmiddlewaretoken": token})
    assert "Logged out" in page.text
    assert "Log in" in admin.get("/admin/").text


def test_forms_need_their_token(admin):
    answer = admin.post("/admin/polls/question/add/", data={"text": "x"})
    assert answer.status_code == 403


def test_question_is_added_voted_on_and_deleted(admin):
    path = add_question(admin, "Is that so?")
    choice = re.search(r'name="choice" value="(\d+)"', admin.get(path).text)[1]
    page = admin.submit(path, {"choice": choice})
    assert [step.status_code for step in page.history] == [302]
    assert "Thank you for your vote" in page.text
    assert "<li>Yes: 1</li>" in page.text
    assert "No \u2603: 0" in page.text
    page = admin.submit(path, {"choice": "999999"})
    assert "Select a valid choice" in page.text
    page = admin.submit(f"/admin/polls/question{path}delete/", {"post": "yes"})
    assert "was deleted successfully" in page.text
    assert admin.get(path).status_code == 404


def test_upload_comes_back_as_it_was(admin):
    path = add_question(admin, "With a picture", PICTURE)
    answer = admin.get(path + "picture/")
    assert answer.content == PICTURE
    assert answer.headers["Content-Length"] == str(len(PICTURE))


def test_admin_search(admin):
    add_question(admin, "A needle in it")
    assert "A needle in it" in admin.get("/admin/polls/question/?q=needle").text
    assert "0 questions" in admin.get("/admin/polls/question/?q=%E2%98%83").text


def test_sessions(browser):
    for visit in range(1, 8):
        assert f'<p id="visits">{visit}</p>' in browser.get("/").text


@pytest.mark.parametrize("path, kind", [("/static/admin/css/base.css", "text/css"),
                                        ("/static/admin/img/icon-yes.svg", "image/svg+xml"),
                                        ("/static/polls/style.css", "text/css")])
def test_static_files(browser, root, path, kind):
    answer = browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.content == (root / "collected" / path.removeprefix("/static/")).read_bytes()
    again = browser.get(path, headers={"If-Modified-Since": answer.headers["Last-Modified"]})
    assert (again.status_code, again.content) == (304, b"")


def test_stream(browser):
    assert browser.get("/stream/").text == "".join(f"line {number}\n" for number in range(1000))


def test_errors_belong_to_the_app(browser, server):
    assert browser.get("/no/such/page/").status_code == 404
    assert browser.get("/", headers={"Host": "elsewhere.example"}).status_code == 400
    answer = browser.get("/broken/")
    assert answer.status_code == 500
    assert "Server Error (500)" in answer.text
    server.host.wait_for_log("ValueError: a view that raises")


def test_missing_slash_is_redirected(browser):
    answer = browser.get("/stream", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, "/stream/")
