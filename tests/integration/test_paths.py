"""What each front end makes of a path, and what the app sees of it."""

import pytest

from support.fcgi_recorder import FcgiRecorder
from support.site import FRONT_ENDS, WEB_SERVERS

E_ACUTE = "\xe9"
E_ACUTE_IN_UTF8 = "\xc3\xa9"  # the two bytes as WSGI's latin-1 text

#: One parameter holds the whole path; None: the other one is not sent at all.
IN_SCRIPT_NAME = {
    "/": ("/", None),
    "/x/": ("/x/", None),
    "/a%20b/c%2Fd?x=1": ("/a b/c/d", None),
    "//x//y": ("/x/y", None),
    "/a/../b": ("/b", None),
    "/caf%C3%A9?q=%C3%A9": (f"/caf{E_ACUTE_IN_UTF8}", None),
    "/%E9": (f"/{E_ACUTE}", None),
    "/a%25b": ("/a%b", None),
    "/a%3Fb?c=d": ("/a?b", None),
    "/a+b;c=1/d": ("/a+b;c=1/d", None),
}
IN_PATH_INFO = {target: ("", path) for target, (path, _) in IN_SCRIPT_NAME.items()}
#: The first segment and the rest.
DIVIDED = IN_SCRIPT_NAME | {
    "/x/": ("/x", "/"),
    "/a%20b/c%2Fd?x=1": ("/a b", "/c/d"),
    "//x//y": ("/x", "/y"),
    "/a+b;c=1/d": ("/a+b;c=1", "/d"),
}
AS_IT_IS = IN_PATH_INFO | {"//x//y": ("", "//x//y"), "/a/../b": ("", "/a/../b")}
ENCODED_SLASH = "/a%20b/c%2Fd?x=1"
TWO_SLASHES = "//x//y"

#: (front end, options) -> target -> SCRIPT_NAME and PATH_INFO as the web server sends them,
#: or the status with which it answers by itself. With options only what they change.
SENT = {
    ("nginx", ""): IN_SCRIPT_NAME,
    ("nginx", "merge_slashes off;"): {TWO_SLASHES: ("//x//y", None)},
    ("nginx-keep", ""): IN_SCRIPT_NAME,
    ("nginx-path-info", ""): IN_PATH_INFO,
    ("nginx-path-info", "merge_slashes off;"): {TWO_SLASHES: ("", "//x//y")},
    ("lighttpd", ""): DIVIDED,
    ("lighttpd", 'server.http-parseopts = ("url-path-2f-decode" => "disable")'): {
        ENCODED_SLASH: ("/a b", "/c/d")},
    ("lighttpd", 'server.http-parseopts = ("url-path-2f-decode" => "disable", '
                 '"url-path-2f-reject" => "enable")'): {ENCODED_SLASH: 400},
    ("apache", ""): IN_SCRIPT_NAME | {ENCODED_SLASH: 404},
    ("apache", "AllowEncodedSlashes On"): {ENCODED_SLASH: ("/a b/c/d", None)},
    ("apache", "AllowEncodedSlashes NoDecode"): {ENCODED_SLASH: ("/a b/c%2Fd", None)},
    # Of the slashes at the beginning ProxyPass / takes one for its own.
    ("apache", "MergeSlashes Off"): {TWO_SLASHES: ("/x//y", None)},
    ("caddy", ""): AS_IT_IS,
}
ROWS = [pytest.param(*front, target, sent, id=" ".join(filter(None, (*front, target))))
        for front, rows in SENT.items() for target, sent in rows.items()]


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    recorder = FcgiRecorder(tmp_path_factory.mktemp("recorder") / "fcgi")
    yield recorder
    recorder.stop()


@pytest.fixture(scope="module")
def echo(module_sites):
    return module_sites.serve("environ_echo", http=True)


def answered(server, target):
    """The JSON that came, or the status without one."""
    page = server.get(target)
    return page.json() if page.status == 200 else page.status


@pytest.mark.parametrize("kind, options, target, sent", ROWS)
def test_what_a_web_server_sends(module_sites, recorder, kind, options, target, sent):
    params = answered(module_sites.front_end(kind, recorder, options=options), target)
    if isinstance(sent, int):
        assert params == sent
    else:
        assert (params["SCRIPT_NAME"], params.get("PATH_INFO")) == sent
        assert params["REQUEST_URI"] == target


@pytest.mark.parametrize("kind, options, target, sent", ROWS)
def test_what_the_app_sees(module_sites, echo, kind, options, target, sent):
    facts = answered(module_sites.front_end(kind, echo, options=options), target)
    if isinstance(sent, int):
        assert facts == sent
    else:
        assert_path(facts["environ"], target, "".join(filter(None, sent)))


@pytest.mark.parametrize("target, sent", AS_IT_IS.items(), ids=AS_IT_IS)
def test_what_the_app_sees_without_a_web_server(module_sites, echo, target, sent):
    facts = answered(module_sites.front_end("http", echo), target)
    assert_path(facts["environ"], target, "".join(sent))


def assert_path(environ, target, path):
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", path)
    assert environ["QUERY_STRING"] == target.partition("?")[2]
    assert environ["REQUEST_URI"] == target


# -- sub-paths -------------------------------------------------------------

#: target -> SCRIPT_NAME and PATH_INFO of an app at /shop
MOUNTED = {
    "/shop": ("/shop", ""),
    "/shop/": ("/shop", "/"),
    "/shop/x": ("/shop", "/x"),
    "/shop/x/y/?q=1": ("/shop", "/x/y/"),
    "/shop/caf%C3%A9": ("/shop", f"/caf{E_ACUTE_IN_UTF8}"),
    "/shop/shop": ("/shop", "/shop"),
    "/SHOP/X": ("/shop", "/X"),
    "/Shop": ("/shop", ""),
    "/shopping": ("", "/shopping"),
    "/shop%2Dx": ("", "/shop-x"),
    "/x/shop": ("", "/x/shop"),
    "/": ("", "/"),
}
SOURCES = {"yaml": {"settings": "app:\n  mount: /shop\n"},
           "environment": {"environment": {"SCRIPT_NAME": "/shop"}}}


@pytest.fixture(scope="module", params=SOURCES)
def shop(request, module_sites):
    return module_sites.serve("environ_echo", http=True, **SOURCES[request.param])


@pytest.mark.parametrize("kind", FRONT_ENDS)
@pytest.mark.parametrize("target, expected", MOUNTED.items(), ids=MOUNTED)
def test_an_app_at_a_sub_path(module_sites, shop, kind, target, expected):
    environ = answered(module_sites.front_end(kind, shop), target)["environ"]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == expected
    assert environ["REQUEST_URI"] == target


@pytest.fixture(scope="module")
def inner_shop(module_sites):
    return module_sites.serve("several", http=True, settings="app:\n  mount: /our/shop/\n")


@pytest.mark.parametrize("kind", FRONT_ENDS)
@pytest.mark.parametrize("target, expected", [
    ("/our/shop/environ_echo", ("/our/shop/environ_echo", "")),
    ("/our/shop/environ_echo/", ("/our/shop/environ_echo", "/")),
    ("/our/shop/environ_echo/x%20y", ("/our/shop/environ_echo", "/x y")),
    ("/environ_echo/x", ("/environ_echo", "/x")),
])
def test_an_app_within_an_app_at_a_sub_path(module_sites, inner_shop, kind, target, expected):
    environ = answered(module_sites.front_end(kind, inner_shop), target)["environ"]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == expected


# -- what else a path rests on ----------------------------------------------

@pytest.mark.parametrize("kind", FRONT_ENDS)
def test_the_servers_name_is_never_empty(module_sites, echo, kind):
    """PEP 3333 wants one; nginx sends an empty one where it has no `server_name`."""
    server = module_sites.front_end(kind, echo)
    environ = answered(server, "/")["environ"]
    assert environ["SERVER_NAME"] != ""
    assert environ["SERVER_PORT"] == str(server.port)


@pytest.mark.parametrize("kind", WEB_SERVERS)
def test_a_site_over_tcp_sees_the_same(module_sites, kind):
    site = module_sites.serve("environ_echo", listen="tcp")
    environ = answered(module_sites.front_end(kind, site), "/a%20b/c?x=1")["environ"]
    assert_path(environ, "/a%20b/c?x=1", "/a b/c")
