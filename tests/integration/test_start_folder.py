"""A host that was started in its site's folder goes by the name of that folder: whatever is there
when something changes is the site, its code and its settings."""

import os
import shutil
import signal

import pytest

from support import proc
from support.site import IN_SETTINGS
from support.waiting import wait_until

pytestmark = pytest.mark.sanitized


def settings_text(name):
    return f"app: {{handler: versioned.app, env: {{SETTINGS: {name}}}}}\n"


def make_site(root, name):
    (root / "holdfast.yaml").write_text(settings_text(name))
    path = root / "versioned.py"
    path.write_text(path.read_text().replace('"one"', f'"{name}"'))


def start(serve, folder):
    return serve("versioned", handler=IN_SETTINGS, start_in=folder,
                 prepare=lambda root: make_site(root, "one"))


def await_site(site, name):
    """Both the code and the settings are of that name."""
    def is_served():
        version, worker = site.get("/").text.split()
        return (version == name
                and f"SETTINGS={name}" in proc.environment(worker))
    wait_until(is_served, f"the site is {name}")


def deploy_beside(site, name):
    new = site.root.parent / f"new-{name}"
    shutil.copytree(site.root, new, symlinks=True)
    (new / "versioned.py").write_text(
        (new / "versioned.py").read_text().replace('"one"', f'"{name}"'))
    (new / "holdfast.yaml").write_text(settings_text(name))
    return new


@pytest.fixture
def folder(tmp_path):
    """Where the first site of a test stands."""
    return tmp_path / "s1" / "site"


def test_a_folder_that_is_moved_into_its_place(serve, folder):
    site = start(serve, folder)
    await_site(site, "one")
    new = deploy_beside(site, "two")
    os.rename(folder, folder.with_name("old"))
    os.rename(new, folder)
    await_site(site, "two")
    assert not site.host.log_matches("app.root")
    (folder / "holdfast.yaml").write_text(settings_text("two, MORE: three"))
    site.host.wait_for_log("reload: holdfast.yaml changed")
    worker = wait_until(lambda: site.host.workers()[-1:], "a worker")[0]
    wait_until(lambda: any("MORE=three" in proc.environment(pid)
                           for pid in site.host.workers()), f"settings beyond those of {worker}")


def test_a_folder_that_is_deleted_and_copied_back(serve, folder):
    site = start(serve, folder)
    new = deploy_beside(site, "two")
    shutil.rmtree(folder)
    shutil.copytree(new, folder)
    await_site(site, "two")
    site.host.process.send_signal(signal.SIGHUP)
    site.host.wait_for_log("reload: SIGHUP")
    (folder / "holdfast.yaml").write_text("app: {handler: versioned.app}\nserver: {queue: 9}\n")
    site.host.wait_for_log("setting server.queue = 9")


def test_a_link_that_is_switched(serve, folder):
    current = folder.with_name("current")

    def prepare(root):
        make_site(root, "one")
        current.symlink_to(root.name)
    site = serve("versioned", handler=IN_SETTINGS, start_in=current, prepare=prepare)
    await_site(site, "one")
    for name in "two", "three":
        new = deploy_beside(site, name)
        link = folder.with_name("link")
        link.symlink_to(new.name)
        os.rename(link, current)
        await_site(site, name)


def test_a_link_that_is_switched_is_followed_at_sighup(serve, folder):
    current = folder.with_name("current")

    def prepare(root):
        make_site(root, "one")
        current.symlink_to(root.name)
    site = serve("versioned", handler=IN_SETTINGS, start_in=current, prepare=prepare,
                 environment={"WSGI_RESTART_FILE_REGEX": ""})
    new = deploy_beside(site, "two")
    current.unlink()
    current.symlink_to(new.name)
    site.host.process.send_signal(signal.SIGHUP)
    await_site(site, "two")
