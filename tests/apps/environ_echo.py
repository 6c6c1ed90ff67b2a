"""Answers with its environ as JSON: text as it is, anything else by its repr."""

import json
import os
import sys
from wsgiref.validate import validator


@validator
def app(environ, start_response):
    shown = {name: value if isinstance(value, (str, bool, tuple)) else repr(value)
             for name, value in environ.items()}
    facts = {"environ": shown, "pid": os.getpid(), "cwd": os.getcwd(),
             "executable": sys.executable, "path": sys.path, "version": sys.version.split()[0]}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(facts).encode("ascii")]
