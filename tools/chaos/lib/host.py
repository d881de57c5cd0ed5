"""What faults do to programs, packets and processes of machines, through the host."""

import contextlib
import os
import socket
import subprocess


@contextlib.contextmanager
def replaced(machine, name, script):
    """Replaces a program in /usr/sbin by a script. Meanwhile the program has the name NAME.whole."""
    folder = machine.root() / "usr/sbin"
    real, kept, new = folder / name, folder / f"{name}.whole", folder / f"{name}.new"
    new.write_text(script, encoding="ascii")
    new.chmod(0o755)
    os.link(real, kept, follow_symlinks=False)
    new.rename(real)
    try:
        yield
    finally:
        kept.rename(real)


@contextlib.contextmanager
def dropped(machine, direction):
    """Drops all packets to (--dport) or from (--sport) a machine."""
    rule = ["INPUT", "-p", "tcp", direction, str(machine.port), "-j", "DROP"]
    subprocess.run(["iptables", "-w", "-I", *rule], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["iptables", "-w", "-D", *rule], check=True, capture_output=True)


def command_of(pid):
    """The words of a command line."""
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as f:
            return f.read().rstrip("\0").split("\0")
    except OSError:
        return []


def greets_at(port):
    """Whether sshd sends its banner. It sends none to an address that it blocks."""
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as s:
            s.settimeout(5)
            return s.recv(4) == b"SSH-"
    except OSError:
        return False


def ansible_processes():
    """The ids of all processes of ansible-playbook, with the workers that it has forked."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if b"/ansible-playbook" in b"".join(f.read().split(b"\0")[:3]):
                    found.append(int(pid))
        except OSError:
            continue
    return found


def send(pid, how):
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass
