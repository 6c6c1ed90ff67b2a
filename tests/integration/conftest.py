"""Fixtures of the integration tests."""

import signal
import subprocess

import pytest

from support.long_holds import LongHolds
from support.paths import HOLDFAST
from support.site import Sites


def pytest_sessionstart(session):
    if not HOLDFAST.exists():
        pytest.exit(f"{HOLDFAST} is not built: cmake --build --preset dev", returncode=3)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup all that we start would ignore it


def pytest_collection_modifyitems(items):
    """Last are those that only look at what went on meanwhile."""
    items.sort(key=is_meanwhile)


def is_meanwhile(item):
    return item.get_closest_marker("meanwhile") is not None


@pytest.fixture(scope="session", autouse=True)
def long_holds(request, tmp_path_factory):
    """They begin with the first test, if they are wanted at all."""
    wanted = [item.callspec.params["hold"] for item in request.session.items
              if is_meanwhile(item)]
    if not wanted:
        yield None
        return
    holds = LongHolds(tmp_path_factory.mktemp("long"), wanted)
    yield holds
    holds.end()


def _sites(folder):
    sites = Sites(folder)
    try:
        yield sites
        sites.stop()
    finally:
        sites.clean_up()


@pytest.fixture
def sites(tmp_path):
    """Sites of one test; after it all must end well and leave nothing."""
    yield from _sites(tmp_path)


@pytest.fixture(scope="module")
def module_sites(tmp_path_factory):
    """Sites that the tests of a module share."""
    yield from _sites(tmp_path_factory.mktemp("m"))


@pytest.fixture
def serve(sites):
    return sites.serve


@pytest.fixture(params=["default", "keep-alive"])
def front(request, sites):
    """nginx as Debian ships it, and with connections to the host kept open."""
    return lambda site, **more: sites.nginx(site, keep=request.param == "keep-alive", **more)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder],
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"NOT TESTED, as nothing can be mounted here (root may): {done.stderr}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
