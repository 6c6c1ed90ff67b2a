"""Can be imported, and dies a moment later."""

import os
import threading

threading.Timer(0.15, os._exit, [9]).start()


def app(environ, start_response):
    raise AssertionError("never called")
