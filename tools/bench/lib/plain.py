"""The baseline: the same script on the same machines, by ssh and by ansible-playbook without the product."""

import json
import os
import re
import subprocess
import time

from parts import ROOT

ACCOUNT = ROOT / "shared-model/src/main/resources/account"
VALUES = ("action", "account", "token", "hash", "limit", "keys", "sudo", "first_uid", "last_uid")
# The command that the services run. It reads these values from its standard input, and then the script.
COMMAND = ("/bin/sh -c 'while IFS= read -r mm_line && [ \"$mm_line\" != MM-BEGIN ]; do :; done; "
           + "".join(f"IFS= read -r mm_{value}; " for value in VALUES) + "eval \"$(cat)\"'")

# The time limit of each run in seconds. A run may wait half of it for other runs on its machine. There are several such
# runs when very many accounts are removed at once, and they do not run in the order of their start.
LIMIT = "1200"


def values(action, account, token, crypt=""):
    return (action, account, str(token), crypt, LIMIT, "", "", "20000", "59999")


class Plain:
    """Account work without the product. It keeps no state except open connections."""

    def __init__(self, folder, machines, account=None):
        self.dir = folder
        self.dir.mkdir()
        self.machines, self.account = machines, account
        self.masters = []
        # As the product sends it: without the comment lines and indentation.
        self.script = re.sub(r"(?m)^ *#.*\n|^ +", "", (ACCOUNT / "account.sh").read_text(encoding="ascii"))
        self.hash = subprocess.run(["openssl", "passwd", "-6", "bench-password"], check=True, capture_output=True,
                                   text=True).stdout.strip()
        (folder / "known_hosts").write_text("".join(
            f"[127.0.0.1]:{m.port} {key}\n" for m in machines for key in m.host_keys), encoding="ascii")
        (folder / "ansible.cfg").write_text(
            "[defaults]\nlocal_tmp = ~/tmp\nretry_files_enabled = false\n[connection]\npipelining = true\n"
            f"[ssh_connection]\nssh_args = -F {ACCOUNT}/ssh_config\npipelining = true\n", encoding="ascii")
        (folder / "play.yml").write_text(
            "- hosts: all\n  gather_facts: false\n  tasks:\n    - raw: \"{{ account_work }}\"\n", encoding="ascii")
        # Fencing tokens are times in microseconds.
        self.token = time.time_ns() // 1000

    def next_token(self):
        """A token that is newer than all others, the product's too."""
        self.token = max(self.token + 1, time.time_ns() // 1000)
        return self.token

    def ssh(self, machine, *options):
        return ["sshpass", "-e", "ssh", "-F", str(ACCOUNT / "ssh_config"), *options, "-p", str(machine.port),
                f"{machine.user}@127.0.0.1"]

    def environment(self, machine):
        return {**os.environ, "SSHPASS": machine.password}

    def open(self):
        """Opens a connection to each machine, which the calls with `kept` share."""
        for machine in self.machines:
            self.masters.append(subprocess.Popen(
                self.ssh(machine, "-o", "ControlMaster=yes", "-o", f"ControlPath={self.dir}/{machine.port}", "-N"),
                cwd=self.dir, env=self.environment(machine), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL))
        for machine in self.machines:
            while not (self.dir / str(machine.port)).exists():
                time.sleep(0.05)

    def close(self):
        for master in self.masters:
            master.terminate()
        for master in self.masters:
            master.wait()

    def begin(self, machine, action, account, token, kept):
        """Starts the work on a machine; returns the process, whose output expect_done() checks."""
        given = self.dir / f"input-{machine.port}-{account}-{action}"
        given.write_text("MM-BEGIN\n" + "\n".join(values(action, account, token, self.hash)) + "\n" + self.script,
                         encoding="ascii")
        argv = self.ssh(machine)
        if kept:
            argv = ["ssh", "-F", str(ACCOUNT / "ssh_config"), "-o", f"ControlPath={self.dir}/{machine.port}",
                    "127.0.0.1"]
        with given.open("rb") as stdin:
            return subprocess.Popen([*argv, COMMAND], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    cwd=self.dir, env=self.environment(machine))

    def on(self, machines, action, token, kept):
        """Works on all these machines at once; returns how many seconds that takes."""
        began = time.perf_counter()
        processes = [self.begin(machine, action, self.account, token, kept) for machine in machines]
        for process in processes:
            expect_done(*process.communicate())
        return time.perf_counter() - began

    def by_ansible(self, machines, action, token):
        """The same in one run of ansible-playbook with one raw task."""
        hosts = {f"m{place}": {
            "ansible_host": "127.0.0.1", "ansible_port": machine.port, "ansible_user": machine.user,
            "ansible_password": machine.password,
            "account_work": {"__ansible_unsafe": "".join(
                f"mm_{name}='{value}'\n" for name, value in
                zip(VALUES, values(action, self.account, token, self.hash))) + self.script}}
            for place, machine in enumerate(machines)}
        (self.dir / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="ascii")
        began = time.perf_counter()
        done = subprocess.run(["ansible-playbook", "-i", "inventory.json", "--forks", str(len(machines)), "-v",
                               "play.yml"], cwd=self.dir, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                                                         "HOME": str(self.dir), "ANSIBLE_CONFIG": "ansible.cfg"},
                              capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        took = time.perf_counter() - began
        if done.returncode or done.stdout.count("MM-RESULT DONE") < len(machines):
            raise SystemExit(f"ansible-playbook with a raw task failed: {done.stdout[-1500:]} {done.stderr[-500:]}")
        return took


def expect_done(said, complaint):
    if b"MM-RESULT DONE" not in said:
        raise SystemExit(f"plain ssh failed: {said[-300:]!r} {complaint[-300:]!r}")
