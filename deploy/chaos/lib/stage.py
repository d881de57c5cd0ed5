"""The private parts of a run: the database, the machines, two APIs and two schedulers, all in namespaces of their own."""

import glob
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from base64 import b64encode
from pathlib import Path

DATABASE_PORT = 15000
MAX_CONNECTIONS = 120

# What the services are told, so that they recover in seconds and a short run sees many recoveries.
CLAIM = 8
RETRY_LONGEST = 4
RUN_TIMEOUT = 20
CONNECT_TIMEOUT = 3
SOCKET_TIMEOUT = 6
TIMINGS = {
    "CLAIM_DURATION": f"{CLAIM}s",
    "SCHEDULER_INTERVAL": "1s",
    "ANSIBLE_RUN_TIMEOUT": f"{RUN_TIMEOUT}s",
    "SSH_CONNECT_TIMEOUT": f"{CONNECT_TIMEOUT}s",
    "PROVISIONING_TIMEOUT": "20s",
    "RESERVATIONS_RETRY_FIRST": "1s",
    "RESERVATIONS_RETRY_LONGEST": f"{RETRY_LONGEST}s",
    "MACHINES_SIT_OUT": "2s",
    "MACHINES_SIT_OUT_MAX": "5s",
    "SSH_HEALTH_INTERVAL": "5s",
    "DB_CONNECT_MAX_RETRIES": "600",
    "DB_CONNECT_RETRY_SECONDS": "1",
}

# The time within which everything has to be right again once nothing is in the way any more: a claim runs out, the
# next try comes, and its run takes as long as it may; the rest is for two busy processors.
CONVERGENCE = CLAIM + RETRY_LONGEST + CONNECT_TIMEOUT + RUN_TIMEOUT + 10


class Process:
    """A part that can be killed, frozen and started again."""

    def __init__(self, name, log):
        self.name, self.log = name, log
        self.process = None
        # Whoever ends the process on purpose clears this first.
        self.wanted = False

    def launch(self, argv, env):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, start_new_session=True)
        self.wanted = True

    def end(self, how=signal.SIGKILL):
        self.wanted = False
        self.process.send_signal(how)
        self.process.wait()

    def signal(self, how):
        self.process.send_signal(how)


class Database(Process):
    """A private MariaDB."""

    def __init__(self, stage):
        super().__init__("database", stage.logs / "database.log")
        self.home = stage.dir / "database"
        self.password = secrets.token_hex(12)

    def install(self):
        user = "mysql" if subprocess.run(["id", "-u", "mysql"], capture_output=True, check=False).returncode == 0 \
            else "nobody"
        self.home.mkdir(mode=0o700)
        shutil.chown(self.home, user)
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--user={user}", f"--datadir={self.home}/data",
                        "--skip-test-db", "--auth-root-authentication-method=socket"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        init = self.home / "init.sql"
        init.write_text(
            "CREATE DATABASE IF NOT EXISTS machine_manager CHARACTER SET utf8mb4;\n"
            f"CREATE USER IF NOT EXISTS machine_manager@'%' IDENTIFIED BY '{self.password}';\n"
            "GRANT ALL ON machine_manager.* TO machine_manager@'%';\n", encoding="utf-8")
        shutil.chown(init, user)
        self.argv = ["mariadbd", "--no-defaults", f"--user={user}", f"--datadir={self.home}/data",
                     f"--init-file={init}", "--bind-address=127.0.0.1", f"--port={DATABASE_PORT}",
                     f"--socket={self.home}/socket", f"--pid-file={self.home}/pid", "--skip-name-resolve",
                     "--innodb-buffer-pool-size=64M", f"--max-connections={MAX_CONNECTIONS}"]

    def start(self):
        self.launch(self.argv, {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})

    def greets(self):
        """Whether it says hello, and not that it has too many connections."""
        try:
            with socket.create_connection(("127.0.0.1", DATABASE_PORT), 1) as s:
                s.settimeout(1)
                return s.recv(5)[4:5] == b"\x0a"
        except OSError:
            return False

    def as_root(self, statement):
        subprocess.run(["mariadb", "--no-defaults", f"--socket={self.home}/socket", "-e", statement],
                       check=False, capture_output=True, timeout=10)


class Service(Process):
    """One process of the API or the scheduler, from the packaged jar, with a clock of its own."""

    def __init__(self, stage, package, number):
        super().__init__(f"{package.split('-')[0]}-{number}", stage.logs / f"{package.split('-')[0]}-{number}.log")
        self.stage = stage
        self.port = (15100 if package.startswith("api") else 15200) + number
        self.management = self.port + 50
        self.jar = stage.product / package / "target/quarkus-app/quarkus-run.jar"
        self.clock = stage.dir / f"{self.name}.clock"
        self.set_clock(0)

    def set_clock(self, seconds):
        """From within a second on, the process believes that so much more time has passed."""
        new = self.clock.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n", encoding="ascii")
        new.rename(self.clock)

    def start(self):
        env = {**os.environ, **self.stage.settings, "QUARKUS_HTTP_HOST": "127.0.0.1",
               "QUARKUS_HTTP_PORT": str(self.port), "QUARKUS_MANAGEMENT_HOST": "127.0.0.1",
               "QUARKUS_MANAGEMENT_PORT": str(self.management), "TMPDIR": str(self.stage.tmp),
               "LD_PRELOAD": self.stage.faketime, "FAKETIME_TIMESTAMP_FILE": str(self.clock),
               # Only the clock on the wall jumps: no machine's monotonic clock does that. Without the "fix" at 0 the
               # library takes the monotonic times until which Java waits for times of the wall, and no wait lasts.
               "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0",
               "FAKETIME_CACHE_DURATION": "1"}
        # Cheap starts, as there are many of them, and a socket timeout that a frozen database can outlast.
        self.launch([self.stage.java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m",
                     f"-Djava.io.tmpdir={self.stage.tmp}",
                     "-Dquarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout=" + str(SOCKET_TIMEOUT * 1000),
                     "-jar", str(self.jar)], env)

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.management}/q/health/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def await_ready(self, seconds=120):
        until = time.time() + seconds
        while time.time() < until:
            if self.ready():
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.25)
        return False


class Machine:
    """One machine of the lab, as its host sees it."""

    def __init__(self, lab, described):
        self.lab, self.name, self.port = lab, described["name"], described["port"]
        self.busybox = described["name"].startswith("busybox")
        self.user, self.password = described["user"], described["password"]
        self.state = lab / "hosts" / self.name
        self.disk, self.lower = self.state / "disk", self.state / "lower"

    def pid(self):
        """Its first process, None while it is off."""
        try:
            pid = int((self.state / "pid").read_text())
            os.stat(f"/proc/{pid}/root/etc")
            return pid
        except (OSError, ValueError):
            return None

    def root(self):
        """Its root folder while it is on."""
        pid = self.pid()
        return Path(f"/proc/{pid}/root") if pid else None

    def namespace(self):
        try:
            return os.readlink(f"/proc/{self.pid()}/ns/pid")
        except OSError:
            return None

    def program(self, command):
        """What does the work of useradd or userdel here: its name, and how it is called under another name."""
        if not self.busybox:
            return command, f"/usr/sbin/{command}.whole"
        name = {"useradd": "adduser", "userdel": "deluser"}[command]
        return name, f"/usr/bin/busybox {name}"

    def processes(self):
        """The numbers of all its processes."""
        space, found = self.namespace(), []
        for entry in glob.iglob("/proc/[0-9]*"):
            try:
                if space and os.readlink(f"{entry}/ns/pid") == space:
                    found.append(int(entry[6:]))
            except OSError:
                continue
        return found


class Stage:
    """All parts of a run. Everything is below one folder."""

    def __init__(self, folder, root, product):
        self.dir, self.root, self.product = Path(folder), Path(root), Path(product)
        self.logs, self.tmp = self.dir / "logs", self.dir / "tmp"
        self.logs.mkdir(mode=0o700)
        self.tmp.mkdir(mode=0o700)
        self.java = subprocess.run([self.root / "deploy/setup/jdk"], check=True, capture_output=True,
                                   text=True).stdout.strip() + "/bin/java"
        libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        self.faketime = libraries[0] if libraries else ""
        self.admin_password = secrets.token_hex(12)
        self.database = Database(self)
        self.settings = {
            **TIMINGS,
            "DATABASE_URL": f"mysql+pymysql://machine_manager:{self.database.password}@127.0.0.1:{DATABASE_PORT}"
                            "/machine_manager?charset=utf8mb4",
            "ADMIN_DEFAULT_USERNAME": "admin",
            "ADMIN_DEFAULT_PASSWORD": self.admin_password,
            "JWT_SECRET": secrets.token_hex(24),
            "MACHINE_SECRETS_KEY": b64encode(secrets.token_bytes(32)).decode(),
            "LOG_LEVEL": "INFO",
        }
        self.apis = [Service(self, "api-service", n) for n in (1, 2)]
        self.schedulers = [Service(self, "scheduler-service", n) for n in (1, 2)]
        self.services = self.apis + self.schedulers
        self.machines = {}
        self.lab_lock = threading.Lock()

    def start(self, machines, busybox):
        self.database.install()
        self.database.start()
        for flavour, count, prefix in (("debian", machines - busybox, "lab-"), ("busybox", busybox, "busybox-")):
            if count:
                lab = self.dir / flavour
                self.on_lab("up", str(lab), str(count), "--flavour", flavour, "--prefix", prefix)
                described = json.loads((lab / "machines.json").read_text())
                self.machines |= {m["name"]: Machine(lab, m) for m in described}
        while not self.database.greets():
            time.sleep(0.1)
        for service in self.services:
            service.start()
        for service in self.services:
            if not service.await_ready(300):
                raise SystemExit(f"{service.name} did not become ready; the end of its log:\n" + tail(service.log))

    def on_lab(self, *arguments):
        """Runs a command of the lab."""
        # A process that the lab leaves behind must not hold a pipe of ours open.
        with open(self.logs / "lab.log", "ab") as log:
            subprocess.run([self.root / "provision/lab/lab", *arguments], check=True, stdin=subprocess.DEVNULL,
                           stdout=log, stderr=log)

    def versions(self):
        def first(*argv):
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            return ((done.stdout or done.stderr).strip().splitlines() or ["?"])[0]
        return {
            "product": first("git", "-C", str(self.product), "log", "-1", "--format=%h %s"),
            "java": first(self.java, "-version"),
            "mariadb": first("mariadbd", "--version"),
            "ansible": first("ansible-playbook", "--version"),
            "ssh": first("ssh", "-V"),
            "python": first("python3", "--version"),
            "kernel": os.uname().release,
        }


def tail(path, lines=15):
    try:
        return "\n".join(Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
