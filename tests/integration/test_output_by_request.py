"""Lines of the log that say which request wrote them, with every Python that is to be had."""

import itertools
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from test_interpreters import INTERPRETERS

SETTINGS = "log:\n  requests: true\nserver:\n  show_errors: true\n"


@pytest.fixture(scope="module", params=INTERPRETERS)
def python(request):
    found = INTERPRETERS[request.param]
    if found is None:
        pytest.skip(f"{request.param} is not installed here: its Python is untested")
    return found


@pytest.fixture(scope="module")
def site(module_sites, python):
    return module_sites.serve("said", python=python, settings=SETTINGS)


@pytest.fixture
def fresh(serve, python):
    """A worker of its own, for what cannot be made good again."""
    return serve("said", python=python, settings=SETTINGS, threads=1)


numbers = itertools.count(1)


def ask(site, how):
    """Asks, and returns the word that marks its lines and the request's id."""
    word = f"w{next(numbers)}"
    answer = site.get(f"/{how}", query=word)
    assert answer.status == 200, answer.text
    line = site.host.wait_for_log(rf"request (\S+): GET /{how}\?{word}: 200")
    return word, line[1]


def expect(site, request, *texts, stream="std(out|err)"):
    worker, = site.host.workers()
    for text in texts:
        of_request = rf" \[request {request}\]" if request else ""
        site.host.wait_for_log(rf"worker {worker} {stream}{of_request}: {re.escape(text)}$")


def test_what_an_app_says_names_its_request(site):
    expect(site, None, "said at the import")
    for _ in range(3):
        word, request = ask(site, "plain")
        expect(site, request, f"{word} printed", f"{word} as bytes", f"{word} with no end",
               stream="stdout")
        expect(site, request, f"{word} in pieces", f"{word} to errors", f"{word} logged",
               stream="stderr")


def test_each_line_of_a_text_is_one_of_the_log(site):
    word, request = ask(site, "several_lines")
    expect(site, request, f"{word} first", f"{word} third")
    expect(site, request, "")


def test_lines_of_two_threads_do_not_mix(site):
    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(lambda _: ask(site, "mixed"), range(4)))
    for word, request in asked:
        for number in (0, 100, 199):
            expect(site, request, " ".join([word, str(number), *["word"] * 20, word]))
    for line in site.host.log_matches(r"stdout .* word word .*"):
        assert re.search(r"\[request \S+\]: (w\S+) \d+( word){20} \1$", line.string), line.string


def test_threads_and_programs_of_the_app_name_none(site):
    word, _ = ask(site, "of_others")
    expect(site, None, f"{word} of a thread", f"{word} of a child", f"{word} of a fork")


def test_a_forged_tag_is_text(site):
    word, request = ask(site, "forged")
    expect(site, request, r"\x1eabc:0:1\x1e" + word)
    expect(site, None, r"\x1eabc:0:1\x1e" + word + " raw")


def test_an_app_may_replace_the_streams(site):
    word, request = ask(site, "replaced")
    expect(site, request, f"{word} through a wrapper", f"{word} restored")
    assert not site.host.log_matches(f"{word} nowhere")


def test_an_app_may_detach_a_stream(fresh):
    for _ in range(2):
        word, request = ask(fresh, "detached")
        expect(fresh, request, f"{word} detached", f"{word} errors stay")


def test_an_app_may_close_the_streams(fresh):
    for _ in range(2):
        word, request = ask(fresh, "closed")
        expect(fresh, request, f"{word} closed", f"{word} errors stay")


def test_surrogates(site):
    word, request = ask(site, "surrogates")
    expect(site, request, word + r" \udc80 \ud800", stream="stderr")
    expect(site, request, f"{word} refused", stream="stdout")


def test_ten_megabytes_without_a_line_end(site):
    word, request = ask(site, "endless")
    site.host.wait_for_log(rf"\[request {request}\]: x*{word} behind it$")
    longest = max(map(len, site.host.lines))
    assert longest < 10_000


def test_what_comes_after_the_end_names_none(site):
    word, _ = ask(site, "later")
    expect(site, None, f"{word} of an ended request")


def test_a_file_in_the_place_of_standard_output_gets_the_text_alone(site):
    word, request = ask(site, "redirected")
    assert (site.root / "redirected.txt").read_text() == f"{word} to a file\n{word} with no end"
    expect(site, request, f"{word} back in the log")


def test_the_streams_are_what_apps_expect(site):
    word, request = ask(site, "facts")
    expect(site, request, f"{word} fact")


def test_the_last_words_are_on_the_page_without_tags(fresh):
    answer = fresh.get("/dies", query="last", HTTP_ACCEPT="text/plain")
    assert answer.status == 502
    assert re.search(r"^\s*\[request \S+\] last before it dies$", answer.text, re.M), answer.text
    assert re.search(r"^\s*\[request \S+\] last flushed$", answer.text, re.M), answer.text
    assert "\x1e" not in answer.text
    fresh.host.wait_for_log(r"\[request \S+\]: last flushed$")
