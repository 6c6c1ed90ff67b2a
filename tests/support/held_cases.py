"""Requests to tests/apps/held_at_once.py by real clients, and what each has to get."""

from dataclasses import dataclass
from urllib.parse import urlencode

from apps import held_at_once
from support.askers import Ask, by_curl, by_requests

SENT = bytes(range(256)) * 400
CLIENTS = {"curl": by_curl, "requests": by_requests}


@dataclass(frozen=True)
class Case:
    """name: for people, ends with the client's; path: of the app; page: the answer is HTML"""

    name: str
    path: str
    method: str = "GET"
    body: bytes = b""
    page: bool = False

    @property
    def content(self):
        """The body as the app makes it; of HEAD, it says its length."""
        return held_at_once.content(self._fields(), self.body)

    def ask(self, **more):
        return Ask(f"{self.path}?{urlencode({**self._fields(), **more})}", self.method, self.body)

    @property
    def client(self):
        """None where it is no program but a browser, which has to be there."""
        return CLIENTS.get(self.name.split("-")[-1])

    def _fields(self):
        return {"n": self.name, **({"page": "1"} if self.page else {})}


def by_each_client(kind, *more):
    return tuple(Case(f"{kind}-{client}", *more) for client in CLIENTS)


#: What every web server can be made to keep, by programs.
BY_PROGRAMS = (*by_each_client("get", "/answer"), *by_each_client("post", "/answer", "POST", SENT),
               *by_each_client("stream", "/stream"), *by_each_client("head", "/answer", "HEAD"))
PAGE = Case("get-chromium", "/answer", page=True)
FORM = Case("post-chromium", "/answer", "POST", b"text=" + held_at_once.FIELD.encode(), page=True)
#: Held after its first byte: what a web server keeps only where it was configured for it.
BEGUN = by_each_client("begun", "/begun")


def assert_true(case, answer):
    """It is the app's own answer: nothing is missing, added or changed."""
    if isinstance(answer, BaseException):
        raise answer
    assert answer.status == (201 if case.method == "POST" else 200), answer.body[:500]
    assert answer.values("Set-Cookie") == [f"first-{case.name}=1; Path=/",
                                           f"second-{case.name}=two; Path=/; HttpOnly"]
    assert answer.values("X-Number") == [case.name]
    assert answer.values("X-Said") == ['Case: "kept", a=b; c, d']
    assert answer.values("Content-Type") == [
        "text/html; charset=utf-8" if case.page else "application/octet-stream"]
    content = case.content
    if case.path == "/answer" and not may_lack_length(answer):
        assert answer.values("Content-Length") == [str(len(content))]
    assert len(content) >= held_at_once.SIZE
    expected = b"" if case.method == "HEAD" else content
    assert len(answer.body) == len(expected)
    assert answer.body == expected


def may_lack_length(answer):
    """Apache believes no FastCGI application since 2.4.59; what is compressed has another one."""
    is_apache = any("Apache" in name for name in answer.values("Server"))
    return is_apache or answer.values("Content-Encoding")
