"""The other apps here, each below a path of its own: /hello is hello.app.

It moves that part of the path from PATH_INFO to SCRIPT_NAME, as apps do that hold others.
"""

import importlib
from wsgiref.util import shift_path_info


def app(environ, start_response):
    name = shift_path_info(environ)
    return importlib.import_module(name).app(environ, start_response)
