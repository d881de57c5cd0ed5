"""Real parts of an installation, private to one run: a database, machines, and the packaged services."""

import functools
import glob
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from base64 import b64encode
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@functools.cache
def java():
    """The java program of a suitable JDK."""
    done = subprocess.run([ROOT / "tools/setup/jdk"], check=True, capture_output=True, text=True)
    return done.stdout.strip() + "/bin/java"


def write_caches(product, *options):
    """Writes the AOT caches of the packaged services. The options are those of tools/package/aot-cache."""
    started = [subprocess.Popen([ROOT / "tools/package/aot-cache", *options, java(), product / "deploy/java.options",
                                 product / f"{name}-service/target/quarkus-app"]) for name in ("api", "scheduler")]
    for writer in started:
        writer.wait()
    for writer in started:
        if writer.returncode:
            raise subprocess.CalledProcessError(writer.returncode, writer.args)


def as_delivered(product, jar):
    """The JVM options of the delivered product. The first one is the file java.options."""
    return [f"@{product}/deploy/java.options", f"-XX:AOTCache={jar.parent}/app.aot"]


class Process:
    """A part that can be killed, frozen and started again."""

    def __init__(self, name, log):
        self.name, self.log = name, log
        self.process = None
        # Whether the process must be running. A caller that ends it on purpose clears this first.
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

    def __init__(self, home, log, port, options):
        super().__init__("database", log)
        self.home, self.port, self.options = home, port, options
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
        # At its start MariaDB deletes all temporary tables in its tmpdir, so it must not share this folder with another
        # server.
        self.argv = ["mariadbd", "--no-defaults", f"--user={user}", f"--datadir={self.home}/data",
                     f"--tmpdir={self.home}/data",
                     f"--init-file={init}", "--bind-address=127.0.0.1", f"--port={self.port}",
                     f"--socket={self.home}/socket", f"--pid-file={self.home}/pid", "--skip-name-resolve",
                     *self.options]

    def start(self):
        self.launch(self.argv, {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})

    def greets(self):
        """Whether the server sends its greeting, and not the error that it has too many connections."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                s.settimeout(1)
                return s.recv(5)[4:5] == b"\x0a"
        except OSError:
            return False

    def as_root(self, statement):
        subprocess.run(["mariadb", "--no-defaults", f"--socket={self.home}/socket", "-e", statement],
                       check=False, capture_output=True, timeout=10)

    def url(self):
        """The value of DATABASE_URL for the services."""
        return f"mysql+pymysql://machine_manager:{self.password}@127.0.0.1:{self.port}/machine_manager?charset=utf8mb4"


class Service(Process):
    """One process of the API or the scheduler, from its packaged jar."""

    def __init__(self, name, jar, port, log):
        super().__init__(name, log)
        self.jar, self.port, self.management = jar, port, port + 50
        self.settings = {}

    def command(self):
        """The command line."""
        return [java(), *self.java_options(), "-jar", str(self.jar)]

    def java_options(self):
        """The options between `java` and `-jar`."""
        return []

    def start(self):
        env = {**os.environ, **self.settings, "QUARKUS_HTTP_HOST": "127.0.0.1", "QUARKUS_HTTP_PORT": str(self.port),
               "QUARKUS_MANAGEMENT_HOST": "127.0.0.1", "QUARKUS_MANAGEMENT_PORT": str(self.management)}
        self.launch(self.command(), env)

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.management}/q/health/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def await_ready(self, seconds=120, pause=0.25):
        until = time.time() + seconds
        while time.time() < until:
            if self.ready():
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(pause)
        return False


def new_secrets(database, admin_password):
    """The settings that both services require."""
    return {
        "DATABASE_URL": database.url(),
        "ADMIN_DEFAULT_USERNAME": "admin",
        "ADMIN_DEFAULT_PASSWORD": admin_password,
        "JWT_SECRET": secrets.token_hex(24),
        "MACHINE_SECRETS_KEY": b64encode(secrets.token_bytes(32)).decode(),
        "LOG_LEVEL": "INFO",
    }


class Machine:
    """One machine of the lab, as its host sees it."""

    def __init__(self, lab, described):
        self.lab, self.name, self.port = lab, described["name"], described["port"]
        self.busybox = described["name"].startswith("busybox")
        self.user, self.password = described["user"], described["password"]
        self.state = lab / "hosts" / self.name
        self.disk, self.lower = self.state / "disk", self.state / "lower"

    def pid(self):
        """The id of its first process on the host; None while the machine is off."""
        try:
            pid = int((self.state / "pid").read_text())
            os.stat(f"/proc/{pid}/root/etc")
            return pid
        except (OSError, ValueError):
            return None

    def root(self):
        """Its root folder; None while the machine is off."""
        pid = self.pid()
        return Path(f"/proc/{pid}/root") if pid else None

    def namespace(self):
        try:
            return os.readlink(f"/proc/{self.pid()}/ns/pid")
        except OSError:
            return None

    def program(self, command):
        """The program for useradd or userdel on this machine: its name, and how to call it while it is replaced."""
        if not self.busybox:
            return command, f"/usr/sbin/{command}.whole"
        name = {"useradd": "adduser", "userdel": "deluser"}[command]
        return name, f"/usr/bin/busybox {name}"

    def runs(self, name):
        """Whether a process of that name runs."""
        return any(comm(pid) == name for pid in self.processes())

    def processes(self):
        """The ids of all its processes on the host."""
        space, found = self.namespace(), []
        for entry in glob.iglob("/proc/[0-9]*"):
            try:
                if space and os.readlink(f"{entry}/ns/pid") == space:
                    found.append(int(entry[6:]))
            except OSError:
                continue
        return found


def comm(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    except OSError:
        return None


def on_lab(log, *arguments):
    """Runs a command of the lab."""
    # The machines keep running after this command, and must not keep a pipe of this process open.
    with open(log, "ab") as said:
        subprocess.run([ROOT / "tools/lab/lab", *arguments], check=True, stdin=subprocess.DEVNULL, stdout=said,
                       stderr=said)


def machines_up(log, lab, count, *options):
    """Starts machines; returns them by name."""
    on_lab(log, "up", str(lab), str(count), *options)
    return {m["name"]: Machine(lab, m) for m in json.loads((lab / "machines.json").read_text())}


def versions(product):
    """The versions of the product and of the programs on this host."""
    def first(*argv):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        return ((done.stdout or done.stderr).strip().splitlines() or ["?"])[0]
    return {
        "product": first("git", "-C", str(product), "log", "-1", "--format=%h %s"),
        "java": first(java(), "-version"),
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
