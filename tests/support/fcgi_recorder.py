"""A FastCGI application that answers with the very params that a web server sent, as JSON."""

import json
import socket
import threading

from support import fcgi_client as fcgi


class FcgiRecorder:
    """Serves one request after the other at the UNIX socket `path` until stop()."""

    def __init__(self, path):
        self.address = f"unix:{path}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer:
                answer_with_params(peer)


def answer_with_params(peer):
    """Reads one request and answers it; the connection is then to be closed."""
    connection = fcgi.FcgiConnection.over(peer)
    content, request_id, ended = b"", 0, False
    while not ended:
        record = connection.read_record()
        request_id = record.request_id
        content += record.content if record.type == fcgi.PARAMS else b""
        ended = record.type == fcgi.STDIN and not record.content
    body = json.dumps(fcgi.decode_pairs(content)).encode("ascii")
    connection.send(
        fcgi.encode_stream(fcgi.STDOUT, request_id,
                           b"Status: 200 OK\r\nContent-Type: application/json\r\n\r\n" + body)
        + fcgi.encode_record(fcgi.END_REQUEST, request_id, bytes(8)))
