"""Real debuggers, and one that speaks as Visual Studio does, through `holdfast attach`."""

import shutil
import subprocess

import pytest

from support import npm
from support.bridge import Bridge
from support.debug_site import SECRET, DebugSite, line_of
from support.engines import KINDS
from support.paths import TESTS
from support.visual_studio import VisualStudio
from support.waiting import DEADLINE

SERVERS = ("nginx", "lighttpd", "apache", "caddy")


@pytest.fixture(scope="module", params=KINDS, ids=str)
def site(request, module_sites):
    return DebugSite(module_sites, request.param)


@pytest.fixture
def attach(tmp_path, site):
    """Starts a bridge to `front`, or the site's own web server; it must end well."""
    bridges = []

    def start(*options, front=None, **more):
        site.wait_for_engine()
        url = f"wss://localhost:{(front or site.front).port}/ptvsd"
        folder = tmp_path / f"bridge-{len(bridges)}"
        folder.mkdir()
        bridges.append(Bridge(url, folder, *options, ca=site.tls.ca,
                              environment={"HOLDFAST_SECRET": SECRET}, **more))
        return bridges[-1]

    try:
        yield start
        for bridge in bridges:
            if bridge.process.returncode is None:
                bridge.stop()
            assert SECRET not in bridge.log
    finally:
        for bridge in bridges:
            bridge.kill_leftovers()
            print(f"--- log of {bridge.process.args} ---\n{bridge.log}")


@pytest.mark.parametrize("kind", SERVERS)
def test_the_client_of_vs_codes_adapter_tests(module_sites, site, attach, kind):
    front = module_sites.front_end(kind, site.site, channel=True, tls=site.tls)
    bridge = attach("--local-root", site.site.root, front=front)
    for _ in range(2):
        with node_client(site, bridge.port) as client:
            expect(client, "attached")
            answer = site.ask("/stop?21", front=front)
            for word in ("stopped", "continued", "detached"):
                expect(client, word)
            page = answer.result(DEADLINE)
            assert (page.status, page.text) == (200, "doubled: 42 one")
            assert client.wait(DEADLINE) == 0
        site.wait_until_detached()


def node_client(site, port):
    arguments = [port, site.file, site.line("app"), site.line("after"), "number", "21"]
    return subprocess.Popen(
        ["node", TESTS / "support" / "debugger_client.js", *map(str, arguments)],
        stdout=subprocess.PIPE, text=True, env={**clean_environment(),
                                                "NODE_PATH": str(npm.modules())})


def clean_environment():
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def expect(client, word):
    line = client.stdout.readline().strip()
    if line != word:
        client.kill()
        pytest.fail(f"not {word!r}: {line}{client.stdout.read()}")


def test_visual_studio(site, attach, tmp_path):
    """Its sources are in another folder than the site's, and it knows no mappings."""
    local = tmp_path / "my sources"
    local.mkdir()
    shutil.copy(site.file, local)
    file = local / site.file.name
    bridge = attach("--local-root", local)
    for _ in range(2):
        client = VisualStudio(bridge.stream(), site.engine)
        client.attach(file, [line_of(file, "app")])
        assert client.system_info["python"]["version"].startswith(site.engine.python)
        assert "Visual Studio" in site.state()["session"]["name"]
        answer = site.ask("/stop?4")
        thread = client.stopped("breakpoint")
        top = client.top(thread)
        assert (top["source"]["path"], top["line"]) == (str(file), line_of(file, "app"))
        assert client.variables(top["id"])["number"] == "4"
        assert client.step("stepIn", thread)["source"]["path"] == str(file)
        client.go_on(thread)
        assert answer.result(DEADLINE).text == "doubled: 8 one"
        client.disconnect()
        site.wait_until_detached()


def test_a_mapping_does_not_outlive_its_session(site, attach, tmp_path):
    local = tmp_path / "sources"
    local.mkdir()
    shutil.copy(site.file, local)
    for root in (local, site.site.root):
        bridge = attach("--local-root", root)
        file = root / site.file.name
        client = VisualStudio(bridge.stream(), site.engine)
        client.attach(file, [line_of(file, "app")])
        answer = site.ask("/stop?4")
        thread = client.stopped("breakpoint")
        source = client.top(thread)["source"]
        assert (source["path"], source.get("sourceReference", 0)) == (str(file), 0)
        client.go_on(thread)
        assert answer.result(DEADLINE).text == "doubled: 8 one"
        client.disconnect()
        site.wait_until_detached()
        bridge.stop()


def test_a_file_that_differs_is_told(site, attach, tmp_path):
    local = tmp_path / "sources"
    local.mkdir()
    file = local / site.file.name
    file.write_text(site.file.read_text() + "# changed\n")
    bridge = attach("--local-root", local)
    client = VisualStudio(bridge.stream(), site.engine)
    client.attach(file, [line_of(file, "app")])
    bridge.wait_for_log(rf"{file.name}.*differ")
    client.disconnect()


def test_ctrl_c_says_goodbye(site, attach):
    bridge = attach("--local-root", site.site.root)
    client = VisualStudio(bridge.stream(), site.engine)
    client.attach(site.file, [site.line("app")])
    answer = site.ask("/stop?4")
    client.stopped("breakpoint")
    bridge.stop()
    assert answer.result(DEADLINE).text == "doubled: 8 one"
    client.wait_for_end()
    client.close()
    site.wait_until_detached()


def test_a_killed_bridge_leaves_nothing_held(site, attach):
    bridge = attach("--local-root", site.site.root)
    client = VisualStudio(bridge.stream(), site.engine)
    client.attach(site.file, [site.line("app")])
    answer = site.ask("/stop?4")
    client.stopped("breakpoint")
    bridge.kill_leftovers()
    assert answer.result(DEADLINE).text == "doubled: 8 one"
    client.close()
    site.wait_until_detached()


def test_a_debugger_that_is_gone_leaves_nothing_held(site, attach):
    bridge = attach("--local-root", site.site.root)
    client = VisualStudio(bridge.stream(), site.engine)
    client.attach(site.file, [site.line("app")])
    answer = site.ask("/stop?4")
    client.stopped("breakpoint")
    client.close()
    assert answer.result(DEADLINE).text == "doubled: 8 one"
    site.wait_until_detached()
    again = VisualStudio(bridge.stream(), site.engine)
    again.attach(site.file, [site.line("app")])
    again.disconnect()
