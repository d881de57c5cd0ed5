#!/usr/bin/env python3
"""Uses machines that are made anew after each reservation: what a user with the rights of root leaves there is gone.

The product must be running as compose_scenario.py leaves it, after `just provision reset=true`, at the address API_BASE.
Part of .ci/compose.
"""
import json
import re
import subprocess
import time
import unittest

from compose_scenario import MACHINES, ROOT, SETTINGS, Client, container, eventually, run, say, ssh

PASSWORD = "Lent-1-Secret"
MACHINE = sorted(MACHINES)[0]
KEYS = "/etc/ssh/keys"
# As a thief would: a key and a password for root, a job, and a program that everybody uses.
PLANT = f"""
set -e
mkdir -p /root/.ssh && echo "$1" > /root/.ssh/authorized_keys && chmod 700 /root/.ssh
echo 'root:mm-planted' | chpasswd
mkdir -p /etc/cron.d /var/spool/cron/crontabs
echo '* * * * * root touch /tmp/mm-planted' | tee /etc/cron.d/mm-planted > /var/spool/cron/crontabs/root
printf '#!/bin/sh\\necho mm-planted\\n' > /usr/bin/id && chmod 755 /usr/bin/id
"""
LOOK = f"""
grep -rls mm-planted /etc /usr/bin /var/spool /root /tmp
find /root/.ssh {KEYS} -type f -o -type l
true
"""


def described():
    return json.loads(run("docker", "inspect", MACHINE))[0]


class ResetScenario(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.admin = Client(SETTINGS["ADMIN_DEFAULT_USERNAME"], SETTINGS["ADMIN_DEFAULT_PASSWORD"]).log_in()
        cls.users = []
        for name in "carol", "dave":
            status, content = cls.admin.call("POST", "/users", {"username": name, "password": "User-0-Secret"})
            assert status in (201, 409), content
            cls.users.append(Client(name, "User-0-Secret").log_in())

    def state(self):
        return self.admin.call("GET", "/machines/" + MACHINE)[1].get("state")

    def reserve(self, user):
        eventually(lambda: self.state() == "free", 120, f"{MACHINE} is not free")
        status, answer = user.call("POST", "/reservations", {
            "machines": [MACHINE], "duration_minutes": 10, "reservation_password": PASSWORD, "note": "it's {{ 1+1 }} $(id)"})
        self.assertEqual(201, status, answer)
        return answer["request_id"]

    def as_root(self, user, script, *arguments):
        quoted = " ".join("'" + text.replace("'", "'\\''") + "'" for text in (script, "sh", *arguments))
        done = ssh(MACHINE, user.name, PASSWORD, f"echo {PASSWORD} | sudo -S -p '' sh -c {quoted}")
        self.assertEqual(0, done.returncode, done.stdout)
        return done.stdout

    def root_logs_in_with(self, key):
        return subprocess.run(
            ["ssh", "-i", key, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
             "-o", "LogLevel=ERROR", "-p", str(MACHINES[MACHINE]), "root@127.0.0.1", "true"], timeout=60, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def test_1_what_a_user_with_sudo_leaves_is_gone_for_the_next(self):
        carol, dave = self.users
        key = ROOT / "target" / "planted-key"
        key.parent.mkdir(exist_ok=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
        request = self.reserve(carol)
        before = described()
        self.as_root(carol, PLANT, key.with_suffix(".pub").read_text().strip())
        self.assertEqual("mm-planted\n", ssh(MACHINE, "carol", PASSWORD, "id").stdout)
        self.assertTrue(self.root_logs_in_with(key))
        # The only volume that stays cannot be written to.
        self.assertEqual("read-only\n", self.as_root(carol, f"""
            mount -o remount,rw {KEYS} 2>/dev/null; umount {KEYS} 2>/dev/null
            touch {KEYS}/ed25519 {KEYS}/shell 2>/dev/null || echo read-only"""))

        # The service cannot log in any more, since root has another password.
        status, answer = carol.call("DELETE", f"/requests/{request}")
        self.assertEqual((202, [MACHINE]), (status, answer["pending"]), answer)
        begun = time.monotonic()
        eventually(lambda: self.state() == "free", 120, f"{MACHINE} is not made anew")
        say(f"{MACHINE}, which refused the removal, made anew {time.monotonic() - begun:.1f} s after it was given back")
        events = [event["event"] for event in carol.call("GET", f"/requests/{request}")[1]["history"]]
        self.assertEqual(["removal_failed"] * 3 + ["verified_gone", "reset_done"], [
            event for event in events if event.startswith(("removal", "verified", "reset"))])

        after = described()
        self.assertNotEqual(before["Id"], after["Id"])
        for part in "HostConfig", "Config", "Name", "Image":
            self.assertEqual(before[part], after[part])
        self.reserve(dave)
        self.assertRegex(ssh(MACHINE, "dave", PASSWORD, "id").stdout, r"^uid=\d+\(dave\)")
        found = self.as_root(dave, LOOK)
        self.assertEqual([f"{KEYS}/{key}" for key in ("ecdsa", "ecdsa.pub", "ed25519", "ed25519.pub")], sorted(found.split()))
        self.assertFalse(self.root_logs_in_with(key))
        self.assertNotEqual(0, ssh(MACHINE, "root", "mm-planted").returncode)
        self.give_back(dave)

    def give_back(self, user):
        """Gives the machine of a user back that has not attacked it."""
        status, answer = user.call("GET", "/requests?state=active")
        self.assertEqual(200, status, answer)
        begun = time.monotonic()
        for request in answer["requests"]:
            status, answer = user.call("DELETE", f"/requests/{request['request_id']}")
            self.assertEqual((200, []), (status, answer["pending"]), answer)
        eventually(lambda: self.state() == "free", 60, f"{MACHINE} is not made anew")
        say(f"{MACHINE} made anew {time.monotonic() - begun:.1f} s after it was given back")

    def test_2_the_password_of_root_is_in_no_log_and_no_process(self):
        text = (ROOT / "provision/machines.yml").read_text()
        passwords = re.findall(r'password: "([^"]+)"', text)
        self.assertEqual(len(MACHINES), len(passwords))
        said = run("docker", "logs", container("scheduler")) + run("docker", "inspect", *MACHINES)
        for password in passwords:
            self.assertNotIn(password, said)


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True)
