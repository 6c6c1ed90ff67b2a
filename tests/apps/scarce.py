"""Apps in want, and apps that take what is not theirs, by path.

    /                 its pid
    /hoard            fills all the memory that it may have
    /length           the length of its body
    /mute             is deaf to the signal by which stacks are asked for, then hangs
    /default          has that signal's default action, which ends a process, then hangs
    /close_stacks     closes the pipe for stacks, then hangs
    /close/hangs      hangs in close()
    /last/hangs       hangs after its last chunk
    /exit/hangs       hangs in a handler of atexit
    /pool/hangs       has a thread that keeps the interpreter from ending
    /terms/ignored    ignores and blocks all signals that it may
    /child            forks a child that keeps all descriptors and sleeps, then dies
    /thread_exits     ends the process out of a thread
    /switches         the interpreter changes threads as seldom as it can
"""

import atexit
import os
import resource
import signal
import sys
import threading
import time

STACK_SIGNAL = signal.SIGRTMIN + 9
LONG = 600


def set_memory(limit):
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if os.path.exists("memory"):
    with open("memory") as file:
        set_memory(int(file.read()) << 20)


def sleep():
    time.sleep(LONG)


def hoard():
    kept = []
    for size in (1 << 20, 1 << 12, 64):  # until there is hardly room for anything
        try:
            while True:
                kept.append(bytearray(size))
        except MemoryError:
            pass
    while True:
        kept.append(bytearray(64))


class Closing:
    def __iter__(self):
        return iter([b"all of it"])

    def close(self):
        sleep()


def last():
    yield b"all of it"
    sleep()


def ignore_signals():
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))


def fork_and_die():
    if os.fork() == 0:
        os.setsid()
        ignore = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
        for number in ignore:
            signal.signal(number, signal.SIG_IGN)
        sleep()
    os._exit(3)


def exit_in_thread():
    threading.Thread(target=os._exit, args=(9,)).start()
    sleep()


def close_stacks():
    for number in range(3, 64):
        try:
            if os.readlink("/proc/self/fd/%d" % number).startswith("pipe:"):
                os.close(number)
        except OSError:
            pass


def in_main(action):
    """Signal handlers can be set in the main thread alone: let a signal do it."""
    done = threading.Event()
    actions.append((action, done))
    os.kill(os.getpid(), signal.SIGUSR2)
    done.wait()


actions = []


def on_signal(number, frame):
    while actions:
        action, done = actions.pop()
        action()
        done.set()


signal.signal(signal.SIGUSR2, on_signal)


def app(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/hoard":
        hoard()
    elif path == "/length":
        return [b"%d" % len(environ["wsgi.input"].read())]
    elif path == "/mute":
        in_main(lambda: signal.signal(STACK_SIGNAL, signal.SIG_IGN))
        keep_the_lock()
    elif path == "/default":
        in_main(lambda: signal.signal(STACK_SIGNAL, signal.SIG_DFL))
        keep_the_lock()
    elif path == "/close_stacks":
        close_stacks()
        keep_the_lock()
    elif path == "/close/hangs":
        return Closing()
    elif path == "/last/hangs":
        return last()
    elif path == "/exit/hangs":
        atexit.register(sleep)
    elif path == "/pool/hangs":
        threading.Thread(target=sleep).start()
    elif path == "/terms/ignored":
        in_main(ignore_signals)
    elif path == "/child":
        fork_and_die()
    elif path == "/thread_exits":
        exit_in_thread()
    elif path == "/switches":
        sys.setswitchinterval(3600)
        threading.Thread(target=spin, daemon=True).start()
    return [b"%d" % os.getpid()]


def keep_the_lock():
    import ctypes
    ctypes.PyDLL(None).sleep(LONG)


def spin():
    while True:
        pass
