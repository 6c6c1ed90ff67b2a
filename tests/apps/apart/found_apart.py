"""A module that only a PYTHONPATH leads to."""

from wfastcgi_style import app

__all__ = ["app"]
