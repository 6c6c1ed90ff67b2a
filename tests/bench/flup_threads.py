"""Serves an app by flup's threaded FastCGI server, with its defaults.

    flup_threads.py SOCKET MODULE
"""

import importlib
import sys

from flup.server.fcgi import WSGIServer

path, module = sys.argv[1:]
WSGIServer(importlib.import_module(module).app, bindAddress=path, debug=False).run()
