"""Measures what clients cost that wait for a request by long polling, and shows what QueueBench has measured."""

import json
import os
import resource
import socket
import time
from pathlib import Path

from load import MACHINES
from report import megabytes, number, per_second, seconds

CLIENTS = 1000
WAITING = """
insert into requests (owner_id, owner_name, account, machine_count, duration_minutes, password_hash, state, created_at,
    waits_until)
  select id, username, 'waits', 1, 60, 'hash', 'QUEUED', utc_timestamp(6), utc_timestamp(6) + interval 1 day
  from users, seq_1_to_{count} where username = 'admin';
analyze table requests;
"""


def add_queue(table, figures):
    """Adds the figures of QueueBench, a Java test that asserts nothing."""
    machines = f"{figures['machines']:,} machines"
    for waiting in (1, 100, 1000):
        values = sorted(figures[f"assigned {waiting}"])
        name = f"{waiting:,} requests wait for {machines}: a free one is assigned within"
        table.alone(f"{name}, half of them", values, seconds)
        table.alone(f"{name}, 99 %", [values[-(-len(values) * 99 // 100) - 1]], seconds, "< 1 s", lambda v: v < 1)
    for waiting in (1, 100, 1000, 10000):
        table.alone(f"one dispatch, {waiting:,} requests wait", figures[f"dispatch {waiting}"], seconds)
    table.alone(f"1,000 requests and {machines} are free: requests served", figures["per_second"], per_second)
    for what, name in (("overdue", "looking for requests that have waited long enough"),
                       ("unmatched", "looking for requests that no machines match")):
        table.alone(f"{name}, 10,000 wait", figures[f"{what} 10000"], seconds)
    for what, name in (("lent", "no machine is free"), ("free", "a machine is free that none may use")):
        for who, value in zip(("scheduler", "database"), figures[f"load {what}"]):
            table.alone(f"10,000 wait and {name}: processor of the {who}", [value], percent)


def percent(value):
    return f"{value * 100:.1f} %"


def measure(bench):
    """Lets many clients wait at one API process, each for a request of its own."""
    it, table = bench.installation, bench.table
    resource.setrlimit(resource.RLIMIT_NOFILE, (4 * CLIENTS, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    it.forget_machines()
    it.start(it.api)
    it.sql(MACHINES.format(prefix="row-", count=1000).replace("m.id % 5 = 0", "1 = 1"))
    it.sql(WAITING.format(count=CLIENTS))
    ids = [int(line) for line in it.sql("select id from requests where state = 'QUEUED' order by id;")]
    client = it.client()
    for request in ids[:300]:
        client.call("GET", f"/requests/{request}")
    time.sleep(bench.rest)
    pid = it.api.process.pid
    before = it.api.memory(), threads(pid), connections(it)
    waiting = [ask(it, request) for request in ids]
    time.sleep(10)
    used, began = processor(pid), time.time()
    time.sleep(10)
    load = (processor(pid) - used) / (time.time() - began)
    during = it.api.memory(), threads(pid), connections(it)
    gone = answer(waiting[-1], lambda: client.call("DELETE", f"/requests/{ids[-1]}", right=(200, 202)))
    for connection in waiting:
        connection.close()
    name = f"{CLIENTS:,} clients wait for their requests"
    table.add(f"{name}: memory of the api", [during[0]], megabytes, "the same before", [before[0]], "+ 100 MB",
              lambda value, base: value <= base + 100)
    table.slower(f"{name}: its threads", [during[1]], "the same before", [before[1]], number)
    table.slower(f"{name}: connections of the database", [during[2]], "the same before", [before[2]], number)
    table.alone(f"{name}: processor of the api", [load], percent)
    table.alone(f"{name}: one hears of a change within", [gone], seconds)
    it.forget_machines()
    it.sql("delete from requests;")
    it.stop()


def ask(it, request):
    """Sends a call that waits, on a connection of its own, some 200 a second."""
    time.sleep(0.005)
    connection = socket.create_connection(("127.0.0.1", it.api.port), timeout=90)
    connection.sendall(f"GET /requests/{request}?wait=60 HTTP/1.1\r\nHost: localhost\r\n"
                       f"Authorization: Bearer {it.token}\r\n\r\n".encode())
    return connection


def answer(connection, change):
    """Makes a change, and returns after how many seconds the waiting call was answered."""
    connection.settimeout(0.01)
    try:
        early = connection.recv(1000)
    except TimeoutError:
        early = None
    if early is not None:
        raise SystemExit(f"a call did not wait: {early[:300]!r}")
    connection.settimeout(30)
    began = time.perf_counter()
    change()
    text = connection.recv(100000)
    if b" 200 " not in text.split(b"\r\n", 1)[0]:
        raise SystemExit(f"a waiting call got {text[:300]!r}")
    return time.perf_counter() - began


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def processor(pid):
    """The seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def connections(it):
    return int(it.sql("show status like 'Threads_connected';")[0].split()[1]) - 1


def read(file):
    """The figures of QueueBench."""
    if not file.exists():
        raise SystemExit("QueueBench wrote no figures: see its output at the top")
    return json.loads(file.read_text(encoding="ascii"))
