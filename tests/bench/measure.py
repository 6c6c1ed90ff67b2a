"""Runs peers and loads them in turn: A B C D, A B C D, ..."""

import time
from pathlib import Path

from bench import usage
from bench.front import Front
from bench.load import load
from bench.peers import Context, PeerFailed, Server
from bench.workloads import HELLO
from support import fcgi_client


class Measurement:
    """Samples (see figures.py), memory and start times of some peers; whom something kept from
    being measured is in `left_out` with the reason."""

    def __init__(self, holdfast, venv, folder, peers, rounds, seconds, say):
        self.holdfast, self.venv, self.folder = holdfast, venv, Path(folder)
        self.peers, self.rounds, self.seconds, self.say = list(peers), rounds, seconds, say
        self.samples, self.alone, self.left_out = [], [], []

    def leave_out(self, peer, what, why):
        self.left_out.append({"peer": peer.name, "what": what, "why": why})
        self.say(f"LEFT OUT: {peer.label}, {what}: {why}")

    def context(self, peer, app, slots):
        return Context(self.holdfast, self.venv, self.folder / f"{peer.name}.sock", app, slots)

    def front(self, kept=(False,)):
        ways = [(peer, self.folder / f"{peer.name}.sock", keep)
                for peer in self.peers for keep in kept if not keep or peer.keeps]
        return Front(self.folder / "nginx", ways)

    def start(self, peer, app, slots):
        return Server(peer, self.context(peer, app, slots), self.folder / f"{app}-{slots}")

    # -- each by itself: start and memory -------------------------------------

    def measure_alone(self):
        """Memory of one beside another would be split between them, as they share pages."""
        front = self.front()
        try:
            for number in range(self.rounds):
                for peer in list(self.peers):
                    try:
                        self.alone.append(self.one_alone(front, peer, number))
                    except PeerFailed as failure:
                        self.leave_out(peer, "everything", str(failure))
                        self.peers.remove(peer)
        finally:
            front.stop()

    def one_alone(self, front, peer, number):
        begin = time.monotonic()
        server = self.start(peer, HELLO.app, 1)
        try:
            server.wait_until(lambda: server.socket.exists()
                              and HELLO.is_right(*front.ask(peer, HELLO)))
            first = time.monotonic() - begin
            time.sleep(0.2)
            idle = usage.tree_pss(server.pid)
            load(front.ports[peer.name, False], HELLO, 16, 1)
            return {"peer": peer.name, "round": number, "first_answer_ms": first * 1000,
                    "idle_pss": idle, "loaded_pss": usage.tree_pss(server.pid),
                    "first_process_pss": usage.own_pss(server.pid)}
        finally:
            server.stop()

    # -- side by side: CPU, rate, latency -------------------------------------

    def measure_together(self, workloads):
        instances = []
        for workload in workloads:
            if workload.instance not in instances:
                instances.append(workload.instance)
        for instance in instances:
            self.one_instance(instance, [w for w in workloads if w.instance == instance])

    def one_instance(self, instance, workloads):
        front = self.front((False, True))
        servers = {}
        try:
            for peer in self.peers:
                server = self.start(peer, *instance)
                servers[peer] = server
                request = workloads[0].request
                try:
                    server.wait_until(lambda s=server, p=peer: s.socket.exists()
                                      and request.is_right(*front.ask(p, request)))
                except PeerFailed as failure:
                    self.leave_out(peer, "all of " + ", ".join(w.name for w in workloads),
                                   str(failure))
                    servers.pop(peer).stop()
            able = {w: [p for p in servers if self.is_able(front, p, w)] for w in workloads}
            for number in range(self.rounds):
                for workload in workloads:
                    for peer in able[workload]:
                        self.one_sample(front, servers[peer], workload, number)
        finally:
            for server in servers.values():
                server.stop()
            front.stop()

    def is_able(self, front, peer, workload):
        if workload.ours and not peer.name.startswith("holdfast"):
            return False
        if workload.kept and peer.keeps < workload.connections:
            return False
        if workload.slots > 1 and not peer.queues:
            return False
        for _ in range(3):
            status, body = front.ask(peer, workload.request, workload.kept)
            if not workload.request.is_right(status, body):
                self.leave_out(peer, workload.name, f"a wrong answer: {status} {body[:200]!r}")
                return False
        return True

    def one_sample(self, front, server, workload, number):
        peer = server.peer
        idle = [self.idle_connection(server) for _ in range(workload.idle)]
        try:
            port = front.ports[peer.name, workload.kept]
            machine = Path("/proc/stat").read_text()
            before, front_before = usage.tree_cpu(server.pid), usage.tree_cpu(front.pid)
            got = load(port, workload.request, workload.connections, self.seconds)
            got["requests"] -= got["errors"]["status"]  # quickly refused is not served
            if got["requests"] <= 0:
                got["errors"]["nothing served"] = 1
            after, front_after = usage.tree_cpu(server.pid), usage.tree_cpu(front.pid)
        finally:
            for connection in idle:
                connection.close()
        count = max(got["requests"], 1)
        cpu = {name: (used - before.get(name, 0)) / count * 1e6 for name, used in after.items()}
        nginx = (sum(front_after.values()) - sum(front_before.values())) / count * 1e6
        self.samples.append({
            "workload": workload.name, "peer": peer.name, "round": number, **got,
            "cpu_us": cpu, "front_us": nginx,
            "machine_busy": usage.busy_share(machine, Path("/proc/stat").read_text())})
        self.say(f"{number + 1}/{self.rounds} {workload.name:18} {peer.label:22} "
                 f"{sum(cpu.values()):8.1f} µs CPU {got['requests'] / got['seconds']:8.0f} req/s"
                 + (f"  ERRORS {got['errors']}" if any(got["errors"].values()) else ""))

    @staticmethod
    def idle_connection(server):
        """It has had a request, and is kept."""
        connection = fcgi_client.FcgiConnection(f"unix:{server.socket}")
        answer = connection.get("/hello", SCRIPT_NAME="", PATH_INFO="/hello")
        if answer.body != HELLO.expected:
            raise RuntimeError(f"a wrong answer on a kept connection: {answer}")
        return connection
