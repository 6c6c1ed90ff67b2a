"""port_is_free.py PORT: exit status 0 if 127.0.0.1:PORT can be listened on.

Otherwise 1, and the reason on standard error, with the process that holds the port where it
can be told. Reads /proc, because a small Debian has neither ss nor lsof.
"""

import errno
import os
import socket
import sys
from pathlib import Path

LISTENING = "0A"


def listening_inodes(port):
    """Inodes of the sockets that listen on the port, by any address (proc(5), /proc/net/tcp)."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, rows):
            if fields[3] == LISTENING and int(fields[1].rsplit(":", 1)[1], 16) == port:
                yield fields[9]


def holders(inodes):
    """(process id, command line) of those who have one of the sockets open."""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(fd) in wanted for fd in (process / "fd").iterdir()):
                command = (process / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                yield process.name, b" ".join(command).decode(errors="replace")
        except OSError:
            continue  # gone meanwhile, or another user's


def main():
    port = int(sys.argv[1])
    with socket.socket() as probe:
        # As servers do; else connections of a host that has just ended would block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
            return 0
        except OSError as error:
            reason = error
    if reason.errno != errno.EADDRINUSE:
        print(f"error: cannot listen on 127.0.0.1:{port}: {reason.strerror}", file=sys.stderr)
        return 1
    print(f"error: port {port} is taken", file=sys.stderr)
    found = list(holders(listening_inodes(port)))
    for process, command in found:
        print(f"  by process {process}: {command}", file=sys.stderr)
    if not found:
        print("  by a process of another user; root can see which", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
