"""What the peers are asked. Pure."""

import hashlib
from dataclasses import dataclass

BODY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Request:
    """One kind of request and the answer that is right."""

    path: str
    app: str  # module below apps/
    method: str = "GET"
    body_bytes: int = 0
    expected: bytes = None  # None: as all peers answer, see `same`
    contains: bytes = b""

    def is_right(self, status, body):
        return status == 200 and (self.expected is None or body == self.expected) \
            and self.contains in body


HELLO = Request("/hello", "plain", expected=b"Hello, world!")
BIG = Request("/big", "plain", expected=b"x" * BODY_BYTES)
POST = Request("/post", "plain", "POST", BODY_BYTES,
               expected=hashlib.sha256(b"x" * BODY_BYTES).hexdigest().encode())
FLASK = Request("/flask", "pages", expected=b"Hello, world!")
JINJA = Request("/jinja", "pages", contains=b"<td>item 19</td><td>57.00</td>")
SLEEP = Request("/sleep", "plain", expected=b"Hello, world!")


@dataclass(frozen=True)
class Workload:
    """`connections` clients that each ask again as soon as they have their answer."""

    name: str
    request: Request
    connections: int
    slots: int = 1  # requests at a time that a peer shall be able to serve
    kept: bool = False  # nginx keeps its connections to the peer
    idle: int = 0  # kept connections to the peer beside those, on which nothing happens
    ours: bool = False  # asked of us alone

    @property
    def instance(self):
        """Workloads that the same started servers can answer."""
        return self.request.app, self.slots


SLEEP_SLOTS = 32
IDLE = 500
WORKLOADS = [
    Workload("hello c1", HELLO, 1),
    Workload("hello c16", HELLO, 16),
    Workload("hello c64", HELLO, 64),
    Workload("hello c512", HELLO, 512, ours=True),
    Workload(f"hello c16 +{IDLE} idle", HELLO, 16, idle=IDLE, ours=True),
    Workload("hello c1 kept", HELLO, 1, kept=True),
    Workload("hello c16 kept", HELLO, 16, kept=True),
    Workload("big c1", BIG, 1),
    Workload("post c1", POST, 1),
    Workload("flask c1", FLASK, 1),
    Workload("flask c16", FLASK, 16),
    Workload("jinja c16", JINJA, 16),
    Workload("sleep c64", SLEEP, 64, slots=SLEEP_SLOTS),
]
QUICK = ["hello c1", "hello c16"]
