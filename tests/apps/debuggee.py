"""What a debugger's tests stop in: each path is a case, each `# @bp NAME` a breakpoint's line.

Runs on Python 3.6 and later.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
import urllib.request

imported = os.getpid()  # @bp import


def app(environ, start_response):
    return CASES[environ["PATH_INFO"].strip("/")](environ, start_response)


def answer(start_response, text, status="200 OK"):
    start_response(status, [("Content-Type", "text/plain")])
    return [text.encode()]


def plain(environ, start_response):
    return answer(start_response, "plain %d" % os.getpid())


def stop(environ, start_response):
    number = int(environ["QUERY_STRING"] or 7)
    words = ["one", "two"]
    doubled = twice(number)  # @bp app
    text = "doubled: %d %s" % (doubled, words[0])  # @bp after
    return answer(start_response, text)


def twice(number):
    result = number * 2  # @bp twice
    return result


def generator(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    for number in range(2):
        line = "line %d\n" % number  # @bp generator
        yield line.encode()


class Closing:
    def __init__(self, chunks):
        self.chunks = iter(chunks)

    def __iter__(self):
        return self.chunks

    def close(self):
        self.closed = True  # @bp close


def closing(environ, start_response):
    return Closing(answer(start_response, "to be closed"))


def thread(environ, start_response):
    said = []

    def in_thread():
        said.append("from a thread")  # @bp thread

    own = threading.Thread(target=in_thread)
    own.start()
    own.join()
    return answer(start_response, said[0])


def error(environ, start_response):
    raise ValueError("let through")  # @bp error


def read(environ, start_response):
    length = environ["CONTENT_LENGTH"]  # @bp read
    return answer(start_response, "%s bytes" % length)


def own_site(environ, start_response):
    url = url_of(environ)
    return answer(start_response, url)  # @bp own_site


def url_of(environ):
    return environ["QUERY_STRING"]


def fetch(url):
    """For an expression at the breakpoint `own_site`."""
    return urllib.request.urlopen(url, timeout=30).read().decode()


def in_subprocess(environ, start_response):
    said = subprocess.check_output([sys.executable, "-c", "print('from a child')"])
    return answer(start_response, said.decode().strip())


def in_fork(environ, start_response):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"from a fork")
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return answer(start_response, said)


def in_fork_that_returns(environ, start_response):
    """The child comes back out of app(): it must not answer in its parent's name."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    return answer(start_response, "from the %s" % ("parent" if child else "child"))


def in_pool(environ, start_response):
    with multiprocessing.get_context(environ["QUERY_STRING"]).Pool(1) as pool:
        said = pool.map_async(twice, [21]).get(60)
    return answer(start_response, str(said[0]))


def work(environ, start_response):
    seconds = float(environ["QUERY_STRING"])  # @bp work
    time.sleep(seconds)
    return answer(start_response, "worked in %d" % os.getpid())


def headers(environ, start_response):
    said = {key: value for key, value in environ.items() if key.startswith("HTTP_")}
    return answer(start_response, json.dumps(dict(said, pid=os.getpid())))


CASES = {
    "": plain, "plain": plain, "stop": stop, "generator": generator, "closing": closing,
    "thread": thread, "error": error, "read": read, "own_site": own_site,
    "subprocess": in_subprocess, "fork": in_fork, "fork_that_returns": in_fork_that_returns,
    "pool": in_pool, "headers": headers, "work": work,
}
