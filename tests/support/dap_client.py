"""A client of the Debug Adapter Protocol over any byte stream.

A stream has `send(bytes)`, `recv()` (bytes; b"" at its end) and `close()`: a TcpStream, or a
WebSocket of support/web_socket.py. A thread of ours reads, so that nothing which arrives is
lost, whatever the test waits for.
"""

import contextlib
import json
import socket
import struct
import threading

from support.waiting import DEADLINE


class DapError(Exception):
    """The answer to a request was: no."""


class Lost(Exception):
    """The stream ended while something was awaited."""


class TcpStream:
    def __init__(self, address):
        self.socket = socket.create_connection(address, DEADLINE)

    def send(self, data):
        self.socket.sendall(data)

    def recv(self):
        return self.socket.recv(1 << 16)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def reset(self):
        """Ends it with RST, as a machine does that has lost everything."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()


class DapClient:
    """`arguments`: what `initialize` says of this client, beside what it always says."""

    def __init__(self, stream, **arguments):
        self.stream = stream
        self.messages = []  #: all that came, in order
        self.ended = False  #: the stream is at its end
        self.capabilities = {}
        self._initialize = {"clientID": "tests", "clientName": "Tests of Holdfast",
                            "adapterID": "python", "pathFormat": "path", "linesStartAt1": True,
                            "columnsStartAt1": True, "supportsVariableType": True, **arguments}
        self._seq = 0
        self._taken = set()  #: indices of the events that a wait has given out
        self._arrived = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # -- messages --------------------------------------------------------

    def send(self, command, **arguments):
        """Sends a request and does not wait. Returns its number."""
        self._seq += 1
        self.stream.send(frame({"seq": self._seq, "type": "request", "command": command,
                                "arguments": arguments}))
        return self._seq

    def response(self, seq, deadline=DEADLINE):
        """The answer to request `seq`, whether it says yes or no."""
        return self._wait(lambda: next(
            (m for m in self.messages
             if m.get("type") == "response" and m.get("request_seq") == seq), None),
            f"a response to request {seq}", deadline)

    def result(self, seq, deadline=DEADLINE):
        """The body of the answer to request `seq`; DapError where it is no."""
        answer = self.response(seq, deadline)
        if not answer["success"]:
            raise DapError(f"{answer['command']}: {answer.get('message')}")
        return answer.get("body") or {}

    def request(self, command, deadline=DEADLINE, **arguments):
        return self.result(self.send(command, **arguments), deadline)

    def event(self, name, deadline=DEADLINE, where=lambda body: True):
        """Takes the next event of that name that no call has taken yet; returns its body."""
        def untaken():
            for index, message in enumerate(self.messages):
                if (message.get("event") == name and index not in self._taken
                        and where(message.get("body") or {})):
                    self._taken.add(index)
                    return (message,)
            return None

        return self._wait(untaken, f"event {name}", deadline)[0].get("body") or {}

    def events(self, name):
        """All events of that name so far, taken or not."""
        with self._arrived:
            return [m for m in self.messages if m.get("event") == name]

    def untaken(self, name):
        with self._arrived:
            return [m for index, m in enumerate(self.messages)
                    if m.get("event") == name and index not in self._taken]

    def wait_for_end(self, deadline=DEADLINE):
        """Waits until the other side has closed the stream."""
        with self._arrived:
            ended = self._arrived.wait_for(lambda: self.ended, deadline)
        assert ended, f"the stream is open after {deadline:.0f} s"

    # -- a session -------------------------------------------------------

    def attach(self, breakpoints=(), exceptions=(), **arguments):
        """From `initialize` to the answer to `attach`.

        breakpoints: pairs (path of the file, its lines); asserts that all are verified
        exceptions: filters, such as `userUnhandled`
        """
        self.capabilities = self.request("initialize", **self._initialize)
        attaching = self.send("attach", **{"name": "attach", "type": "python",
                                           "request": "attach", "justMyCode": True,
                                           "redirectOutput": False, **arguments})
        self.event("initialized")
        for path, lines in breakpoints:
            self.set_breakpoints(path, lines)
        self.request("setExceptionBreakpoints", filters=list(exceptions))
        self.request("configurationDone")
        self.result(attaching)
        return self

    def set_breakpoints(self, path, lines):
        found = self.request("setBreakpoints", source={"path": str(path)},
                             breakpoints=[{"line": line} for line in lines],
                             lines=list(lines))["breakpoints"]
        assert [b["verified"] for b in found] == [True] * len(found), found
        assert [b.get("line") for b in found] == list(lines), found

    def stopped(self, reason=None, deadline=DEADLINE):
        """Waits for the next stop. Returns its thread's id"""
        body = self.event("stopped", deadline)
        assert reason in (None, body["reason"]), body
        return body["threadId"]

    def stack(self, thread):
        return self.request("stackTrace", threadId=thread, startFrame=0,
                            levels=100)["stackFrames"]

    def top(self, thread):
        return self.stack(thread)[0]

    def variables(self, frame_id, scope="Locals"):
        """Name -> value, as the debugger shows them."""
        scopes = self.request("scopes", frameId=frame_id)["scopes"]
        reference = next(s["variablesReference"] for s in scopes if s["name"] == scope)
        found = self.request("variables", variablesReference=reference)["variables"]
        return {v["name"]: v["value"] for v in found}

    def evaluate(self, expression, frame_id, deadline=DEADLINE):
        return self.request("evaluate", deadline, expression=expression, frameId=frame_id,
                            context="repl")["result"]

    def threads(self):
        """id -> name"""
        return {t["id"]: t["name"] for t in self.request("threads")["threads"]}

    def step(self, command, thread):
        """`next`, `stepIn` or `stepOut`, to the stop that follows. Returns its top frame"""
        self.request(command, threadId=thread)
        assert self.stopped() == thread  # ptvsd calls some of them a pause
        return self.top(thread)

    def go_on(self, thread):
        self.request("continue", threadId=thread)

    def disconnect(self):
        """Detaches as a client does: the app runs on."""
        self.request("disconnect", restart=False, terminateDebuggee=False)
        self.close()

    def close(self):
        self.stream.close()
        self._reader.join(DEADLINE)

    # -- inside ----------------------------------------------------------

    def _wait(self, found, what, deadline):
        result = None

        def look():
            nonlocal result
            result = found()
            return result is not None or self.ended

        with self._arrived:
            self._arrived.wait_for(look, deadline)
            if result is not None:
                return result
            raise (Lost if self.ended else AssertionError)(
                f"no {what} " + ("before the end of the stream" if self.ended
                                 else f"within {deadline:.0f} s") +
                "; the last messages:\n" + "\n".join(map(str, self.messages[-10:])))

    def _read(self):
        data = b""
        with contextlib.suppress(OSError):
            while piece := self._recv():
                data += piece
                found, data = unframe(data)
                if found:
                    with self._arrived:
                        self.messages += found
                        self._arrived.notify_all()
        with self._arrived:
            self.ended = True
            self._arrived.notify_all()

    def _recv(self):
        while True:
            try:
                return self.stream.recv()
            except TimeoutError:
                continue  # a session may be silent for as long as it likes


def frame(message):
    """A message as it goes over the wire (DAP overview, "Base protocol")."""
    content = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n" % len(content) + content


def unframe(data):
    """Returns (the whole messages at the front of `data`, the bytes behind them)"""
    found = []
    while True:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            return found, data
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n"))
        length = int(fields[b"Content-Length"])
        if len(rest) < length:
            return found, data
        found.append(json.loads(rest[:length]))
        data = rest[length:]
