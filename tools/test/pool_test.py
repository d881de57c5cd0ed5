#!/usr/bin/env python3
"""Runs provision/pool where other programs stand for Ansible's and for docker."""
import os
import pathlib
import shutil
import socket
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
        for file in "provision/pool", "tools/setup/need", "deploy/stack":
            (self.folder / file).parent.mkdir(parents=True)
            shutil.copy2(ROOT / file, self.folder / file)
        for name, script in PROGRAMS.items():
            (self.folder / name).write_text(f"#!/bin/bash\n{script}\n")
            (self.folder / name).chmod(0o755)

    def provision(self, *arguments, **environment):
        done = subprocess.run([self.folder / "provision/pool", "provision", *arguments], text=True, timeout=60, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "STATE": str(self.folder), "PATH": f"{self.folder}:{os.environ['PATH']}", **environment})
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

    def test_count_system_and_options_become_options_of_the_playbook(self):
        (self.folder / "requests").touch()
        status, said = self.provision("12", "debian", "-e", "machine_renew=true")
        self.assertEqual(0, status, said)
        self.assertIn("-e machine_count=12 -e machine_os=debian -e machine_renew=true", said)
        for wrong in "0", "1001", "windows", "reset=yes":
            status, said = self.provision(wrong)
            self.assertEqual(1, status, said)
            self.assertIn("usage: just provision [COUNT, 1 to 1000]", said)

    def test_reset_writes_the_settings_that_belong_to_it_and_takes_sudo_back(self):
        (self.folder / "requests").touch()
        status, said = self.provision("reset=true")
        self.assertEqual(1, status, said)
        self.assertIn("make them with: just init", said)
        settings = self.folder / "deploy/.env"
        settings.write_text("DB_PASSWORD=x\n# Whether lent accounts may use sudo.\n#RESERVATION_SUDO=false\n#RESET_PLAYBOOK=\nVARIANT=jvm\n")
        settings.chmod(0o600)
        with socket.socket(socket.AF_UNIX) as engine:
            engine.bind(str(self.folder / "engine.sock"))
            os.chown(self.folder / "engine.sock", -1, os.getgid())
            status, said = self.provision("2", "reset=true", DOCKER_HOST=f"unix://{self.folder}/engine.sock")
        self.assertEqual(0, status, said)
        self.assertIn("who controls the scheduler is root on this host", said)
        self.assertEqual(
            ["DB_PASSWORD=x", "# Whether lent accounts may use sudo.", "RESERVATION_SUDO=true",
             "RESET_PLAYBOOK=/usr/local/share/machine-manager/playbooks/reset-container.yml", "VARIANT=jvm",
             f"DOCKER_SOCKET={self.folder}/engine.sock", f"DOCKER_SOCKET_GROUP={os.getgid()}"], settings.read_text().splitlines())
        self.assertEqual(0o600, settings.stat().st_mode & 0o777)

        status, said = self.provision("reset=true", DOCKER_HOST="tcp://192.0.2.1:2375")
        self.assertEqual(1, status, said)
        self.assertIn("the engine is not on this host", said)

        status, said = self.provision("reset=false")
        self.assertEqual(0, status, said)
        self.assertIn("Machines are still made anew", said)
        self.assertEqual(["DB_PASSWORD", "RESET_PLAYBOOK", "VARIANT", "DOCKER_SOCKET", "DOCKER_SOCKET_GROUP"], [
            line.partition("=")[0] for line in settings.read_text().splitlines() if not line.startswith("#")])


if __name__ == "__main__":
    unittest.main()
