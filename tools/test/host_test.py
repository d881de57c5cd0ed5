#!/usr/bin/env python3
"""Logs in as provision/host.yml does, by an ssh of the test's own that stays here, and gets no further than its first checks."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
PROGRAMS = {
    "ssh": """#!/bin/bash
echo "ssh $*" >>"$STATE/calls"
if [[ $1 == -V ]]; then exit; fi
exec bash -c "${@: -1}"
""",
    "sudo": """#!/bin/bash
echo "sudo $*" >>"$STATE/calls"
while [[ $1 == -* ]]; do if [[ $1 == -u ]]; then shift; fi; shift; done
exec "$@"
""",
    "id": """#!/bin/bash
cat "$STATE/uid"
""",
}


@unittest.skipUnless(shutil.which("ansible-playbook") and shutil.which("ssh"), "needs Ansible and ssh")
class HostTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # Without an archive in dist/ it ends before it changes anything.
        shutil.copytree(ROOT / "provision", self.folder / "provision", ignore=shutil.ignore_patterns("machines.yml"))
        shutil.copytree(ROOT / "tools/setup", self.folder / "tools/setup")
        for name, script in PROGRAMS.items():
            (self.folder / name).write_text(script)
            (self.folder / name).chmod(0o755)

    def deploy(self, host, uid):
        """What was asked of the programs that stand for others."""
        (self.folder / "uid").write_text(uid + "\n")
        done = subprocess.run(
            [self.folder / "provision/pool", "host", host, "-e", "ansible_ssh_transfer_method=piped"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
            env={**os.environ, "STATE": str(self.folder), "PATH": f"{self.folder}:{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "1"})
        self.assertIn("There is no archive in dist/: run just dist first", done.stdout)
        self.assertNotEqual(0, done.returncode)
        return (self.folder / "calls").read_text()

    def test_root_needs_no_sudo(self):
        self.assertNotIn("sudo ", self.deploy("host.example", "0"))

    def test_somebody_else_becomes_root(self):
        calls = self.deploy("somebody@host.example", "1000")
        self.assertIn("sudo ", calls)
        self.assertIn('User="somebody"', calls)
        self.assertNotIn("@host.example", calls)


if __name__ == "__main__":
    unittest.main()
