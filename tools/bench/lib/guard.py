"""Measures what the guard on lent machines costs: time for each account, and memory and processor time on the machine."""

import os
import time
from pathlib import Path

from accounts import product
from installation import registration
from report import kilobytes, per_mille, seconds

ACCOUNTS = 50
COMMAND = b"/bin/sh\0/var/lib/machine-manager/guard\0"
# What the guard may add for each machine.
MOST = 0.01


def measure(bench):
    """Reserves and gives back machines with and without the guard, then watches the guard of a machine with 50 accounts."""
    it, sizes = bench.installation, [n for n in (1, 10) if n <= len(bench.installation.machines)]
    times = {}
    for _ in range(2):
        for guard in ("true", "false"):
            it.start(it.api, ACCOUNT_DRIVER="ssh", GUARD=guard)
            it.forget_machines()
            it.register(it.machines)
            clients = [it.client() for _ in range(max(sizes))]
            product(clients, max(sizes), "bench-guard")
            for n in sizes:
                for _ in range(2 * bench.turns):
                    for what, took in zip(("reserve", "release"), product(clients, n, "bench-guard")):
                        times.setdefault((what, n, guard), []).append(took)
            it.stop()
    for what in ("reserve", "release"):
        for n in sizes:
            bench.table.slower(f"{what} {n} machine{'s' if n > 1 else ''} with the guard", times[what, n, "true"],
                               "without the guard", times[what, n, "false"], seconds, 1.0, MOST * n)
    watch(bench)


def watch(bench):
    it = bench.installation
    it.start(it.api, ACCOUNT_DRIVER="ssh")
    it.forget_machines()
    client = it.client()
    for number in range(ACCOUNTS):
        client.call("POST", "/machines", {**registration(f"guard-{number:02}", it.machines[0]), "shared_host": True})
    for number in range(ACCOUNTS):
        client.call("POST", "/reservations", {"duration_minutes": 600, "username": f"guard{number}",
                                              "reservation_password": "bench-password"})
    [guard] = [int(p.parent.name) for p in Path("/proc").glob("[0-9]*/cmdline") if read(p) == COMMAND]
    private, processor = [], []
    for _ in range(bench.turns):
        before, began = cpu(guard), time.monotonic()
        time.sleep(5 * bench.seconds)
        processor.append((cpu(guard) - before) / (time.monotonic() - began))
        private.append(memory(guard))
    bench.table.alone(f"memory of the guard with {ACCOUNTS} accounts, shared pages left out", private, kilobytes,
                      "< 1,024 KB", lambda value: value < 1024)
    bench.table.alone(f"processor time of the guard with {ACCOUNTS} accounts", processor, per_mille, "< 2 ‰ of a core",
                      lambda value: value < 0.002)
    it.forget_machines()
    it.stop()


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def memory(guard):
    """The memory in KB that is its own, with that of the command that it waits in."""
    children = Path(f"/proc/{guard}/task/{guard}/children").read_text(encoding="ascii").split()
    return sum(int(line.split()[1]) for pid in (guard, *children)
               for line in read(Path(f"/proc/{pid}/smaps_rollup")).decode().splitlines() if line.startswith("Private_"))


def cpu(guard):
    """The seconds of processor time that it and its ended children have used."""
    fields = Path(f"/proc/{guard}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
