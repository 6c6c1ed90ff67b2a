"""Answers with a file through wsgi.file_wrapper, also one that is no real file."""

import io
import os


class Noted(io.FileIO):
    """A real file that says when it is closed."""

    def close(self):
        if not self.closed:
            open("closed", "w").close()
        super().close()


def app(environ, start_response):
    wrapper = environ["wsgi.file_wrapper"]
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    if environ["PATH_INFO"] == "/memory":
        return wrapper(io.BytesIO(b"from memory" * 1000))
    if environ["PATH_INFO"] == "/offset":
        file = open("data.bin", "rb")
        file.seek(100)
        return wrapper(file)
    if environ["PATH_INFO"] == "/pipe":
        reading, writing = os.pipe()
        os.write(writing, b"from a pipe")
        os.close(writing)
        return wrapper(os.fdopen(reading, "rb"), 4)
    return wrapper(Noted("data.bin"), 8192)
