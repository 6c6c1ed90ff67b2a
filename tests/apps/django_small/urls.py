"""Pages that say what came in."""

import os
import string

from django.http import HttpResponse
from django.urls import path, re_path

#: 61 characters, a number that divides no size of a record.
PATTERN = string.ascii_uppercase + string.ascii_lowercase.replace("i", "") + string.digits


def in_html(text):
    return HttpResponse(f"<html><body>{text}</body></html>")


def in_words(kind, fields):
    text = "&".join(f"{name}={value}" for name, value in fields.items())
    return HttpResponse(f"{kind}: {text}", content_type="text/plain")


def home(request):
    for kind, fields in (("POST", request.POST), ("GET", request.GET)):
        if fields:
            return in_words(kind, fields)
    return in_html("Hello World!")


def config(request):
    return in_html(os.environ["CONFIG_VALUE"])


def large_response(request):
    return HttpResponse(PATTERN * 3000, content_type="text/plain")


def where(request):
    return HttpResponse(f"path: {request.path}\npath_info: {request.path_info}",
                        content_type="text/plain")


urlpatterns = [path("", home), path("config", config), path("large_response", large_response),
               re_path("^.+", where)]
