"""The other apps here, each below a path of its own: /hello is hello.app, and
/no_body.careless is the callable of that name.

It moves that part of the path from PATH_INFO to SCRIPT_NAME, as apps do that hold others.
"""

import importlib
from wsgiref.util import shift_path_info


def app(environ, start_response):
    name, _, callable_name = shift_path_info(environ).partition(".")
    chosen = getattr(importlib.import_module(name), callable_name or "app")
    return chosen(environ, start_response)
