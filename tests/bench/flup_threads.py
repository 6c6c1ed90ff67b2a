"""Serves an app by flup's threaded FastCGI server: flup_threads.py SOCKET THREADS MODULE"""

import importlib
import sys

from flup.server.fcgi import WSGIServer

path, threads, module = sys.argv[1:]
WSGIServer(importlib.import_module(module).app, bindAddress=path, debug=False,
           minSpare=1, maxSpare=int(threads), maxThreads=int(threads)).run()
