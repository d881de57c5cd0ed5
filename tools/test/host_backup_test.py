#!/usr/bin/env python3
"""Runs the lines of docs/operators.md that back up and restore a host without Docker, with a MariaDB of the test's own."""
import gzip
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
DUMP = "INSERT INTO users;\n-- Dump completed on 2026-01-01  0:00:00\n"
PROGRAMS = {
    "mariadb-dump": 'cat "$STATE/database"; [[ ! -e $STATE/broken ]]',
    "mariadb": 'echo "mariadb $*" >>"$STATE/calls"; if [[ $1 != --execute ]]; then cat >"$STATE/database"; [[ ! -e $STATE/broken ]]; fi',
    "systemctl": 'echo "systemctl $*" >>"$STATE/calls"',
}


class HostBackupTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name, script in PROGRAMS.items():
            (self.folder / name).write_text(f"#!/bin/bash\n{script}\n")
            (self.folder / name).chmod(0o755)
        (self.folder / "database").write_text(DUMP)
        self.file = self.folder / "machine-manager.sql.gz"
        text = (ROOT / "docs/operators.md").read_text().split("On a host without Docker the same is", 1)[1]
        self.backup, self.restore = re.findall(r"(?s)```sh\n(.*?)```", text)[:2]

    def paste(self, lines):
        """Into a shell that goes on after what fails."""
        return subprocess.run(["bash", "-c", lines], cwd=self.folder, timeout=60, check=False, capture_output=True, env={
            **os.environ, "STATE": str(self.folder), "PATH": f"{self.folder}:{os.environ['PATH']}"}).returncode

    def calls(self):
        file = self.folder / "calls"
        return [line.split()[1] for line in file.read_text().splitlines()] if file.exists() else []

    def test_what_was_backed_up_is_restored(self):
        self.assertEqual(0, self.paste(self.backup))
        self.assertEqual(0o600, self.file.stat().st_mode & 0o777)
        (self.folder / "database").write_text("another")
        self.assertEqual(0, self.paste(self.restore))
        self.assertEqual(DUMP, (self.folder / "database").read_text())
        self.assertEqual(["stop", "--execute", "machine_manager", "start"], self.calls())

    def test_a_dump_that_fails_is_an_error(self):
        (self.folder / "broken").touch()
        self.assertNotEqual(0, self.paste(self.backup))

    def test_what_is_not_complete_replaces_nothing(self):
        whole = gzip.compress(DUMP.encode())
        for content in gzip.compress(b"INSERT INTO users;\n"), gzip.compress(b""), whole[:-20], b"":
            with self.subTest(content):
                self.file.write_bytes(content)
                self.assertNotEqual(0, self.paste(self.restore))
                self.assertEqual([], self.calls())

    def test_half_a_database_is_not_started(self):
        self.file.write_bytes(gzip.compress(DUMP.encode()))
        (self.folder / "broken").touch()
        self.assertNotEqual(0, self.paste(self.restore))
        self.assertNotIn("start", self.calls())


if __name__ == "__main__":
    unittest.main()
