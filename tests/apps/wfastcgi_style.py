"""What wfastcgi allowed: a status without a reason, an empty string for headers."""


def app(environ, start_response):
    start_response("200", "")
    return [b"hello ", b"world!"]


class Handler:
    def __call__(self, environ, start_response):
        return app(environ, start_response)


handler = Handler()
