#!/usr/bin/env python3
"""Runs provision/provision.yml with modules of the test's own in place of those that talk to an engine."""
import json
import os
import pathlib
import re
import shutil
import socketserver
import stat
import subprocess
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
# Each says what the playbook reads, and fails when $STATE has a file of its name, unless it has a password in hand.
# WANT_JSON makes Ansible hand the arguments over in a file.
MODULE = """#!/usr/bin/python3
# WANT_JSON
import json, os, pathlib, sys
arguments = json.load(open(sys.argv[1]))
state = pathlib.Path(os.environ["STATE"])
if (state / "{name}").exists() and not arguments.get("stdin"):
    print(json.dumps(dict(failed=True, msg="the engine says no")))
    sys.exit(1)
if arguments.get("stdin"):
    with open(state / "stdin", "a") as said:
        said.write(arguments["stdin"] + "\\n")
print(json.dumps(dict(
    changed=False, host_info=dict(OperatingSystem="Debian", Architecture="aarch64"), containers=[], stdout="ssh-ed25519 AAAA",
    network=dict(IPAM=dict(Config=[dict(Gateway="127.0.0.1", Subnet="127.0.0.0/8")])))))
"""
MODULES = ["docker_host_info", "docker_network_info", "docker_image", "docker_container", "docker_container_exec"]


class Sshd(socketserver.ThreadingTCPServer):
    daemon_threads = True

    class RequestHandlerClass(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(b"SSH-2.0-test\r\n")

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.RequestHandlerClass)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


@unittest.skipUnless(shutil.which("ansible-playbook"), "needs Ansible")
class ProvisionTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        modules = self.folder / "ansible_collections/community/docker/plugins/modules"
        modules.mkdir(parents=True)
        for name in MODULES:
            (modules / f"{name}.py").write_text(MODULE.replace("{name}", name))
        self.file = self.folder / "machines.yml"
        self.sshd = Sshd()
        self.addCleanup(self.sshd.server_close)
        self.addCleanup(self.sshd.shutdown)

    def provision(self, **settings):
        """The exit status, and all that is said when as much as possible is asked for."""
        settings = {"machine_count": 1, "machine_first_port": self.sshd.server_address[1], "machines_file": str(self.file), **settings}
        done = subprocess.run(
            ["ansible-playbook", "-vvv", "provision.yml", "-e", json.dumps(settings)], cwd=ROOT / "provision", text=True, timeout=300,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(self.folder), "STATE": str(self.folder), "ANSIBLE_NOCOLOR": "1"})
        return done.returncode, done.stdout

    def passwords(self):
        return re.findall(r'password: "(.*)"', self.file.read_text())

    def test_a_machine_keeps_its_password_and_its_labels_and_no_password_is_shown(self):
        status, said = self.provision()
        self.assertEqual(0, status, said)
        self.assertEqual(0o600, stat.S_IMODE(self.file.stat().st_mode))
        self.assertIn('labels: {"os": "alpine", "arch": "arm64"}', self.file.read_text())
        first = self.passwords()
        self.assertRegex(first[0], "^[A-Za-z0-9]{24}$")
        self.assertEqual(f"root:{first[0]}\n", (self.folder / "stdin").read_text())

        self.file.write_text(self.file.read_text().replace('"arm64"}', '"mine", "rack": "7", "odd": "{{ 1 + 1 }}"}'))
        status, again = self.provision(machine_binds=["127.0.0.1"], machine_renew=True)
        self.assertEqual(0, status, again)
        self.assertEqual(first, self.passwords())
        self.assertIn('binds: ["127.0.0.1"]', self.file.read_text())
        self.assertEqual(1, self.file.read_text().count('{"os": "alpine", "arch": "mine", "rack": "7", "odd": "{{ 1 + 1 }}"}'), again)
        self.assertNotIn(first[0], said + again)

    def test_a_file_of_an_earlier_version_gets_labels(self):
        self.file.write_text(f'''machines:
  - {{name: alpine-1, host: h, port: {self.sshd.server_address[1]}, user: root, password: "x"}}
''')
        status, said = self.provision()
        self.assertEqual(0, status, said)
        self.assertEqual(["x"], self.passwords())
        self.assertIn('labels: {"os": "alpine", "arch": "arm64"}', self.file.read_text())

    def test_a_task_that_fails_does_not_show_the_password(self):
        for module in "docker_container", "docker_container_exec":
            with self.subTest(module):
                (self.folder / module).touch()
                status, said = self.provision(machine_password="S3cret-of-root")
                (self.folder / module).unlink()
                self.assertNotEqual(0, status, said)
                self.assertIn("the engine says no", said)
                self.assertNotIn("S3cret-of-root", said)
                self.assertFalse(self.file.exists())


if __name__ == "__main__":
    unittest.main()
