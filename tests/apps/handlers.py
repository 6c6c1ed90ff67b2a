"""Apps behind the ways in which wfastcgi let a handler be named."""

from hello import plain


def factory():
    return plain


class Class:
    def __call__(self, environ, start_response):
        return plain(environ, start_response)


class nested:
    app = staticmethod(plain)
