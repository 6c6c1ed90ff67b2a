"""Changed files: new workers take over without a lost request; what cannot be imported, or is
set wrong, changes nothing and is said."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from support import fcgi_client as fcgi
from support import proc
from support.paths import APPS
from support.site import IN_SETTINGS
from support.waiting import DEADLINE, wait_until

pytestmark = pytest.mark.sanitized


def version(site):
    return site.get("/").text.split()[0]


def await_version(site, wanted):
    return wait_until(lambda: version(site) == wanted, f"the site says {wanted}")


def set_version(site, new, name="versioned.py"):
    path = site.root / name
    path.write_text(re.sub('VERSION = "[^"]*"', f'VERSION = "{new}"', path.read_text()))


def break_import(site):
    path = site.root / "versioned.py"
    path.write_text(path.read_text() + "\nraise RuntimeError('broken deploy')\n")


class Load:
    """Clients that ask all the time, until the block is over; `failed` is what went wrong."""

    def __init__(self, site, clients=8, paths=("/", "/slow", "/stream?5")):
        self.site, self.paths = site, paths
        self.failed, self.answers = [], 0
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._ask, args=(number,), daemon=True)
                        for number in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(DEADLINE)
        assert not any(thread.is_alive() for thread in self.threads), "a client hangs"

    def _ask(self, number):
        while not self.over.is_set():
            path, _, query = self.paths[number % len(self.paths)].partition("?")
            try:
                answer = self.site.get(path, query=query)
                whole = path != "/stream" or answer.body.count(b"\n") == int(query)
                if answer.status != 200 or not whole:
                    self.failed.append((path, answer.status, answer.body[:300]))
            except (OSError, fcgi.ConnectionCut) as error:
                self.failed.append((path, repr(error)))
            self.answers += 1


# --- wfastcgi's cases 20 to 23 ---

def with_web_config(serve, handler, **more):
    def prepare(root):
        (root / "web.config").write_text(web_config(handler))
    return serve("versioned", handler=IN_SETTINGS, prepare=prepare, **more)


def web_config(handler, more=""):
    return (f'<configuration><appSettings><add key="WSGI_HANDLER" value="{handler}"/>{more}'
            '</appSettings></configuration>')


def test_case_20_a_module_then_web_config(serve):
    site = with_web_config(serve, "versioned.app", workers=2)
    shutil.copy(site.root / "versioned.py", site.root / "versioned2.py")
    set_version(site, "other", "versioned2.py")
    assert version(site) == "one"
    set_version(site, "two")
    await_version(site, "two")
    (site.root / "web.config").write_text(web_config("versioned2.app"))
    await_version(site, "other")
    site.host.wait_for_log("setting app.handler = versioned2.app")


def test_case_21_a_package(serve):
    def prepare(root):
        (root / "package").mkdir()
        shutil.copy(root / "versioned.py", root / "package" / "__init__.py")
    site = serve("versioned", handler="package.app", prepare=prepare)
    set_version(site, "two", "package/__init__.py")
    await_version(site, "two")


def test_case_22_a_pattern_of_ones_own(serve):
    site = serve("versioned", environment={"WSGI_RESTART_FILE_REGEX": r".*\.data$"},
                 prepare=lambda root: (root / "versioned.data").write_text("data one"))
    workers = site.host.workers()
    assert version(site) == "data"
    set_version(site, "not watched")
    (site.root / "versioned.data").write_text("goodbye")
    await_version(site, "goodbye")
    assert site.host.workers() != workers
    assert len(site.host.log_matches(r"reload: .*versioned\.data changed")) == 1
    assert not site.host.log_matches(r"reload: .*versioned\.py")


def test_case_23_switched_off(serve):
    site = serve("versioned", environment={"WSGI_RESTART_FILE_REGEX": ""})
    workers = site.host.workers()
    set_version(site, "two")
    (site.root / "web.config").write_text(web_config("nothing.app"))
    time.sleep(1)  # longer than a reload takes to begin
    assert version(site) == "one"
    assert site.host.workers() == workers
    assert not site.host.log_matches("INFO  reload:")
    site.host.process.send_signal(signal.SIGHUP)
    site.host.wait_for_log("reload: SIGHUP")


# --- nothing is lost ---

@pytest.mark.parametrize("workers", [1, 3])
def test_no_request_is_lost_under_load(serve, workers):
    site = serve("versioned", workers=workers, threads=3)
    with Load(site) as load:
        for number in range(5):
            set_version(site, f"v{number}")
            await_version(site, f"v{number}")
    assert load.failed == []
    assert load.answers > 20


def test_old_and_new_never_answer_by_turns(serve):
    """From the first answer of the new code on there is none of the old one."""
    site = serve("versioned", workers=3, threads=2)
    set_version(site, "two")
    seen = []
    wait_until(lambda: seen.append(version(site)) or "two" in seen, "the new code serves")
    seen += [version(site) for _ in range(30)]
    assert seen == sorted(seen), seen


def test_a_broken_deploy_changes_nothing_and_is_said(serve):
    site = serve("versioned", workers=2)
    workers = site.host.workers()
    good = (site.root / "versioned.py").read_text()
    with Load(site) as load:
        break_import(site)
        site.host.wait_for_log("broken deploy")
        site.host.wait_for_log("The workers that are there serve on")
        assert version(site) == "one" and site.host.workers() == workers
        (site.root / "versioned.py").write_text(good.replace('"one"', '"mended"'))
        await_version(site, "mended")
    assert load.failed == []
    assert site.host.log_matches(r"\| .*raise RuntimeError")


def test_it_is_tried_again_by_itself(serve):
    """What keeps it from being imported need not be a file that is watched."""
    def prepare(root):
        path = root / "versioned.py"
        path.write_text(path.read_text() + "\nif os.path.exists('locked'): raise OSError('locked')\n")
    site = serve("versioned", prepare=prepare)
    site.touch("locked")
    set_version(site, "two")
    site.host.wait_for_log("serve on")
    (site.root / "locked").unlink()
    await_version(site, "two")


def test_a_worker_that_dies_meanwhile_costs_nothing_else(serve):
    site = serve("versioned", workers=2)
    good = (site.root / "versioned.py").read_text()
    break_import(site)
    site.host.wait_for_log("serve on")
    first, second = site.host.workers()
    os.kill(first, signal.SIGKILL)
    site.host.wait_for_log(f"worker {first}: died")
    assert {site.get("/").text for _ in range(5)} == {f"one {second}"}
    os.kill(second, signal.SIGKILL)
    site.host.wait_for_log(f"worker {second}: died")
    assert site.get("/").status == 500
    (site.root / "versioned.py").write_text(good)
    wait_until(lambda: site.get("/").status == 200, "it serves again")


def test_a_broken_deploy_is_tried_more_and_more_seldom_under_load(serve):
    """That the old code serves says nothing about the new."""
    site = serve("versioned", workers=2)
    with Load(site, paths=("/",)) as load:
        break_import(site)
        site.host.wait_for_log("Next try in 1600 ms")
    assert load.failed == []
    tries = [int(m[1]) for m in site.host.log_matches(r"Next try in (\d+) ms")]
    assert tries == sorted(set(tries)), tries


def test_when_the_last_old_worker_dies_nobody_waits_for_the_next_try(serve):
    def prepare(root):
        path = root / "versioned.py"
        path.write_text(path.read_text() + "\nif os.path.exists('locked'): raise OSError('locked')\n")
    site = serve("versioned", prepare=prepare)
    old, = site.host.workers()
    site.touch("locked")
    set_version(site, "two")
    site.host.wait_for_log("Next try in 6400 ms")
    (site.root / "locked").unlink()
    os.kill(old, signal.SIGKILL)
    site.host.wait_for_log(f"worker {old}: died")
    answer = site.get("/")
    assert (answer.status, answer.text.split()[0]) == (200, "two")


def test_wrong_settings_do_not_keep_a_dead_worker_from_being_replaced(serve):
    """Requests wait for the one that is being started."""
    site = serve("versioned", settings="log: {level: info}\n")
    worker, = site.host.workers()
    assert version(site) == "one"  # one that dies at once, unused, counts as a start that failed
    (site.root / "holdfast.yaml").write_text("server: {queue: -1}\n")
    site.host.wait_for_log("nothing is changed")
    os.kill(worker, signal.SIGKILL)
    assert {site.get("/").status for _ in range(20)} <= {200, 502}
    assert site.get("/").status == 200


def test_a_ready_worker_of_the_old_code_takes_who_waits(serve):
    def prepare(root):
        path = root / "versioned.py"
        path.write_text(path.read_text() + "\nwhile os.path.exists('slow'): time.sleep(0.02)\n")
    site = serve("versioned", workers=2, threads=1, prepare=prepare,
                 environment={"WSGI_RESTART_FILE_REGEX": ""})
    with site.connect() as busy:
        busy.start(fcgi.params("/stream", query="400"))
        busy.send_stdin(b"")
        busy.read_until(b"1\n")
        site.touch("slow")
        idle = [pid for pid in site.host.workers() if not is_busy(site, pid)]
        os.kill(idle[0], signal.SIGKILL)  # its successor imports slowly
        site.host.wait_for_log(f"worker {idle[0]}: died")
        waiting = site.connect()
        waiting.start(fcgi.params("/"))
        waiting.send_stdin(b"")
        site.host.process.send_signal(signal.SIGHUP)
        site.host.wait_for_log("reload: SIGHUP")
        (site.root / "slow").unlink()
        assert waiting.read_answer().status == 200
        assert busy.read_answer().body.count(b"\n") == 400
        waiting.close()


def is_busy(site, pid):
    report = json.loads(subprocess.run(
        [site.host.process.args[0], "status", "--json", "--app-root", site.root],
        check=True, capture_output=True, timeout=DEADLINE).stdout)
    worker, = (w for w in report["hosts"][0]["workers"] if w["pid"] == pid)
    return worker["busy"] > 0


def test_broken_code_from_the_start_is_mended_by_a_change(serve):
    site = serve("versioned", prepare=lambda root: (root / "versioned.py").write_text("x = ("),
                 ready=False)
    site.host.wait_for_log("SyntaxError")
    assert site.get("/").status == 500
    shutil.copy(APPS / "versioned.py", site.root)
    await_version(site, "one")


def test_changes_while_new_code_is_being_imported(serve):
    """The next one waits for the outcome; in the end the last one serves."""
    site = serve("versioned", workers=2)
    for number in range(6):
        set_version(site, f"v{number}")
        time.sleep(0.3)
    await_version(site, "v5")
    site.host.wait_for_workers(2)


# --- one change, one reload ---

def test_editors_and_checkouts_count_once(serve):
    site = serve("versioned")
    new = (site.root / "versioned.py").read_text().replace('"one"', '"renamed"')
    (site.root / ".versioned.py.swp").write_text(new)
    os.replace(site.root / ".versioned.py.swp", site.root / "versioned.py")
    await_version(site, "renamed")
    written, folder = site.root.parent / "written", site.root / "many"
    for made in (written, folder):
        made.mkdir()
    for number in range(200):
        (written / f"m{number}.py").write_text("x = 1\n")
    for file in list(written.iterdir()):  # in so little time that the machine is hardly late
        file.rename(folder / file.name)
    site.host.wait_for_log(r"reload: .* more changed")
    site.host.wait_for_log("the new code serves now", count=2)
    assert len(site.host.log_matches(r"INFO  reload: .*changed")) == 2


def test_git_checkout(serve):
    site = serve("versioned")

    def git(*arguments):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *arguments],
                       cwd=site.root, check=True, capture_output=True)
    git("init", "-b", "one")
    git("add", ".")
    git("commit", "-m", "one")
    before = len(site.host.log_matches(r"reload: .*changed"))
    git("checkout", "-b", "two")
    set_version(site, "two")
    await_version(site, "two")
    git("commit", "-am", "two")
    git("checkout", "one")
    await_version(site, "one")
    assert len(site.host.log_matches(r"reload: .*changed")) == before + 2


def test_an_app_that_writes_a_watched_file_while_it_is_imported(serve):
    def prepare(root):
        path = root / "versioned.py"
        path.write_text(path.read_text() + "\nopen('generated.py', 'w').write('x = 1')\n")
    site = serve("versioned", prepare=prepare)
    site.host.wait_for_log(r"ERROR generated\.py changes at once after each reload: .*reload\.pattern")
    set_version(site, "two")
    await_version(site, "two")


# --- settings ---

def test_new_settings_take_effect(serve):
    site = serve("versioned", handler=IN_SETTINGS, prepare=lambda root: (
        root / "holdfast.yaml").write_text("app: {handler: versioned.app}\n"))
    (site.root / "holdfast.yaml").write_text(
        "app: {handler: versioned.app, env: {GREETING: hello}}\n"
        "server: {queue: 7, listen: 'tcp:127.0.0.1:1'}\n")
    site.host.wait_for_log("setting server.queue = 7")
    site.host.wait_for_log("the new code serves now")
    worker, = site.host.wait_for_workers(1)
    assert "GREETING=hello" in proc.environment(worker)


def test_settings_that_cannot_change_are_named(serve):
    site = serve("versioned", handler=IN_SETTINGS, prepare=lambda root: (
        root / "holdfast.yaml").write_text("app: {handler: versioned.app}\n"))
    (site.root / "holdfast.yaml").write_text(
        "app: {handler: versioned.app}\nlog: {file: other.log}\n")
    site.host.wait_for_log(r"WARN  setting log\.file = .*takes effect when the host is started anew")
    site.host.wait_for_log("the new code serves now")
    assert version(site) == "one"
    set_version(site, "two")
    await_version(site, "two")
    assert len(site.host.log_matches("takes effect when the host is started anew")) == 1


def test_a_log_of_requests_begins_and_ends(serve):
    site = serve("versioned", settings="log: {requests: false}\n")
    assert site.get("/unseen").status == 200
    (site.root / "holdfast.yaml").write_text("log: {requests: true}\n")
    site.host.wait_for_log("the new code serves now")
    assert site.get("/seen").status == 200
    site.host.wait_for_log(r"INFO  request \S+: GET /seen: 200")
    (site.root / "holdfast.yaml").write_text("log: {requests: false}\n")
    site.host.wait_for_log("the new code serves now", count=2)
    assert site.get("/unseen").status == 200
    assert not site.host.log_matches("GET /unseen")


def test_web_servers_are_told_the_new_number_of_slots(serve):
    site = serve("versioned", settings="server: {queue: 10}\n", workers=2, threads=3)

    def slots(connection):
        connection.send(fcgi.encode_record(fcgi.GET_VALUES, 0,
                                           fcgi.encode_pairs({"FCGI_MAX_REQS": ""})))
        return int(fcgi.decode_pairs(connection.read_record().content)["FCGI_MAX_REQS"])

    with site.connect() as connection:
        assert slots(connection) == 2 * 3 + 10
        (site.root / "holdfast.yaml").write_text("server: {queue: 20}\n")
        site.host.wait_for_log("the new code serves now")
        assert slots(connection) == 2 * 3 + 20


def test_settings_that_are_gone_are_said_to_be(serve):
    site = serve("versioned", handler=IN_SETTINGS, prepare=lambda root: (
        root / "holdfast.yaml").write_text("app: {handler: versioned.app}\n"))
    (site.root / "holdfast.yaml").write_text("server: {queue: 9}\n")
    site.host.wait_for_log(r"ERROR reload: nothing says any more, as \S+/holdfast.yaml:1 did, what "
                           "app.handler is: WSGI_HANDLER env var must be set")
    (site.root / "holdfast.yaml").unlink()
    site.host.wait_for_log(r"ERROR reload: \S+/holdfast.yaml is not there any more, and nothing "
                           "else says what app.handler is")
    assert version(site) == "one"


def test_wrong_settings_change_nothing(serve):
    site = serve("versioned", handler=IN_SETTINGS, prepare=lambda root: (
        root / "holdfast.yaml").write_text("app: {handler: versioned.app}\n"))
    workers = site.host.workers()
    (site.root / "holdfast.yaml").write_text("app: {handler: versioned.app}\nserver: {queue: -1}\n")
    site.host.wait_for_log(r"ERROR reload: .*holdfast\.yaml:2: server\.queue")
    site.host.wait_for_log("the settings are wrong, so nothing is changed")
    assert site.host.workers() == workers
    set_version(site, "two")
    site.host.wait_for_log("the new code gets those that were there before")
    await_version(site, "two")
    (site.root / "holdfast.yaml").write_text("app: {handler: versioned.app}\nserver: {queue: 5}\n")
    site.host.wait_for_log("setting server.queue = 5")


def test_wrong_settings_are_on_the_page_where_nothing_serves(serve):
    site = serve("versioned", handler=IN_SETTINGS, ready=False, prepare=lambda root: (
        root / "holdfast.yaml").write_text(
            "app: {handler: missing.app}\nserver: {show_errors: true}\n"))
    site.host.wait_for_log("there is no module missing")
    (site.root / "holdfast.yaml").write_text(
        "app: {handler: versioned.app}\nserver: {queue: -1}\n")
    site.host.wait_for_log("nothing is changed")
    page = site.get("/", HTTP_ACCEPT="text/plain")
    assert page.status == 500 and "holdfast.yaml:2" in page.text
    (site.root / "holdfast.yaml").write_text("app: {handler: versioned.app}\n")
    await_version(site, "one")


# --- recycling ---

def test_recycling_by_requests(serve):
    site = serve("versioned", workers=2, threads=2,
                 settings="server: {recycle_after: 50}\n")
    before = set(site.host.workers())
    with Load(site, paths=("/",)) as load:
        wait_until(lambda: not before & set(site.host.workers()), "both have been replaced")
    assert load.failed == []
    site.host.wait_for_log(r"takes no more requests: it has had \d+ requests \(server\.recycle_aft")


def test_recycling_by_age(serve):
    site = serve("versioned", settings="server: {recycle_age: 2 s}\n")
    before = site.host.workers()
    with Load(site) as load:
        wait_until(lambda: site.host.workers() and before[0] not in site.host.workers(),
                   "it has been replaced")
    assert load.failed == []
    site.host.wait_for_log(r"it is \d+ s old \(server\.recycle_age\)")


def test_recycling_by_memory(serve):
    site = serve("growing", settings="server: {recycle_memory: 200 MiB}\n")
    before = site.host.workers()
    assert site.get("/", query="300").status == 200
    wait_until(lambda: site.host.workers() and before[0] not in site.host.workers(),
               "it has been replaced")
    site.host.wait_for_log(r"it has [2-9]\d\d MiB of memory \(server\.recycle_memory\)")
    assert site.get("/", query="1").status == 200


def test_one_that_cannot_be_replaced_serves_on(serve):
    site = serve("versioned", environment={"WSGI_RESTART_FILE_REGEX": ""},
                 settings="server: {recycle_after: 5}\n")
    break_import(site)
    assert {site.get("/").status for _ in range(20)} == {200}
    site.host.wait_for_log("serve on")
