#!/usr/bin/env python3
"""Runs provision/pool where other programs stand for Ansible's and for docker."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
PROGRAMS = {
    "docker": "exit 0",
    "ansible": """echo "ansible [core 2.14.18]"; echo "  python version = 3.11.2 (main, Apr 28 2025, 14:11:48) [GCC 12.2.0] ($STATE/python of Ansible)" """,
    # Without the page of a module it is content, too.
    "ansible-doc": 'if [[ -e $STATE/collection ]]; then echo "> COMMUNITY.DOCKER.DOCKER_CONTAINER"; fi',
    "ansible-galaxy": 'echo >"$STATE/collection"',
    "ansible-playbook": 'echo "played: $*"',
    "python of Ansible": '[[ $* == "-c import requests" && -e $STATE/requests ]]',
}


class PoolTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        for file in "provision/pool", "tools/setup/need":
            (self.folder / file).parent.mkdir(parents=True)
            shutil.copy2(ROOT / file, self.folder / file)
        for name, script in PROGRAMS.items():
            (self.folder / name).write_text(f"#!/bin/bash\n{script}\n")
            (self.folder / name).chmod(0o755)

    def provision(self):
        done = subprocess.run([self.folder / "provision/pool", "provision"], text=True, timeout=60, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "STATE": str(self.folder), "PATH": f"{self.folder}:{os.environ['PATH']}"})
        return done.returncode, done.stdout

    def test_what_modules_need_is_asked_of_the_python_that_runs_them(self):
        status, said = self.provision()
        self.assertEqual(1, status, said)
        self.assertIn(f"{self.folder}/python of Ansible -m pip install requests", said)
        (self.folder / "requests").touch()
        status, said = self.provision()
        self.assertEqual(0, status, said)
        self.assertIn("played: provision.yml", said)

    def test_a_collection_that_is_not_there_is_fetched(self):
        (self.folder / "requests").touch()
        self.assertIn("played: provision.yml", self.provision()[1])
        self.assertTrue((self.folder / "collection").exists())
        (self.folder / "collection").unlink()
        (self.folder / "ansible-galaxy").write_text("#!/bin/bash\nexit 1\n")
        (self.folder / "ansible-community").write_text("#!/bin/bash\n")
        (self.folder / "ansible-community").chmod(0o755)
        status, said = self.provision()
        self.assertEqual(1, status, said)
        self.assertIn("Ansible has no community.docker: ansible-galaxy collection install", said)


if __name__ == "__main__":
    unittest.main()
