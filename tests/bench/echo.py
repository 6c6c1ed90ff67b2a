"""Sends back what comes: prints its port, serves one connection after the other, and ends with
its standard input."""

import os
import socket
import sys
import threading

BLOCK = 1 << 18


def serve(listener):
    buffer = bytearray(BLOCK)
    view = memoryview(buffer)
    while True:
        peer, _ = listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while count := peer.recv_into(buffer):
                peer.sendall(view[:count])
        except OSError:
            pass
        peer.close()


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    threading.Thread(target=serve, args=(listening,), daemon=True).start()
    sys.stdin.buffer.read()
    os._exit(0)
