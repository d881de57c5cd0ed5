#!/usr/bin/env python3
"""Runs tools/package/dist in a checkout of the test's own, where other programs stand for the binaries and for Maven."""
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
SERVICES = "api-service", "scheduler-service"
# It is called for the SBOM alone.
MVN = """#!/bin/sh
case "$*" in *:makeAggregateBom) mkdir -p target && echo '{}' >target/bom.json ;; *) exit 1 ;; esac
"""


class DistTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.checkout = pathlib.Path(folder.name)
        for file in "tools/package", "deploy/systemd":
            shutil.copytree(ROOT / file, self.checkout / file)
        for file in "deploy/Caddyfile", "LICENSE", "pom.xml":
            shutil.copy2(ROOT / file, self.checkout / file)
        mvn = self.checkout / "tools/setup/mvn"
        mvn.parent.mkdir()
        mvn.write_text(MVN)
        mvn.chmod(0o755)
        # As a checkout may be that its owner keeps private.
        for file in self.checkout.rglob("*"):
            file.chmod(file.stat().st_mode & 0o700)
        self.version = ROOT.joinpath("pom.xml").read_text().split("<version>", 1)[1].split("</version>", 1)[0]
        self.name = f"machine-manager-{self.version}-linux-{os.uname().machine}"
        self.archive = self.checkout / f"dist/{self.name}.tar.gz"
        self.sum = self.checkout / f"dist/{self.name}.tar.gz.sha256"
        for service in SERVICES:
            self.built(service)

    def built(self, service, version=None, content=None):
        file = self.checkout / service / "target" / f"{service}-{version or self.version}-runner"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pathlib.Path("/bin/true").read_bytes() if content is None else content)
        file.chmod(0o755)
        return file

    def dist(self, **environment):
        done = subprocess.run([self.checkout / "tools/package/dist", "native"], text=True, timeout=180, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **environment})
        return done.returncode, done.stdout

    def succeed(self):
        status, said = self.dist()
        self.assertEqual(0, status, said)
        return said

    def packed(self):
        with tarfile.open(self.archive) as archive:
            return {member.name.removeprefix(self.name).lstrip("/"): member for member in archive.getmembers()}

    def test_the_archive_holds_what_a_host_needs_and_nothing_else(self):
        # Of another version, in the same folder.
        self.built("api-service", "0.9", b"old")
        self.assertIn(f"Wrote dist/{self.name}.tar.gz", self.succeed())
        systemd = [f"systemd/{file.name}" for file in (ROOT / "deploy/systemd").iterdir()]
        modes = {"": 0o755, "bin": 0o755, "systemd": 0o755, **{f"bin/{service}": 0o755 for service in SERVICES},
                 **{file: 0o644 for file in ["Caddyfile", "LICENSE", "README", "sbom.cdx.json", *systemd]}}
        packed = self.packed()
        self.assertEqual(modes, {name: member.mode for name, member in packed.items()})
        self.assertEqual({(0, 0)}, {(member.uid, member.gid) for member in packed.values()})
        self.assertEqual({True}, {member.isdir() or member.isreg() for member in packed.values()})
        with tarfile.open(self.archive) as archive:
            self.assertEqual(pathlib.Path("/bin/true").read_bytes(), archive.extractfile(f"{self.name}/bin/api-service").read())
        self.assertEqual(f"{hashlib.sha256(self.archive.read_bytes()).hexdigest()}  {self.archive.name}\n", self.sum.read_text())
        self.assertEqual({self.archive, self.sum}, set((self.checkout / "dist").iterdir()))
        self.assertEqual(0o644, stat.S_IMODE(self.archive.stat().st_mode))

    def test_wherever_it_is_cut_off_no_checksum_of_another_archive_is_left(self):
        """It is killed at the first mv or the second, before that has done anything or after."""
        for when in "before", "after":
            for nth in 1, 2:
                with self.subTest(when=when, nth=nth):
                    self.built("api-service")
                    self.succeed()
                    self.built("api-service", content=pathlib.Path("/bin/false").read_bytes())
                    self.assertEqual(-9, self.dist(PATH=f"{self.killing('mv', when, nth)}:{os.environ['PATH']}")[0])
                    right = hashlib.sha256(self.archive.read_bytes()).hexdigest()
                    self.assertIn(self.sum.read_text().split()[0] if self.sum.exists() else right, right)
                    self.succeed()
                    self.assertEqual({self.archive, self.sum}, set((self.checkout / "dist").iterdir()))

    def test_a_binary_of_another_version_is_not_taken(self):
        self.built("scheduler-service").rename(self.checkout / "scheduler-service/target/scheduler-service-0.9-runner")
        self.refuse(f"scheduler-service-{self.version}-runner is not there: run just native first")

    def test_what_is_no_program_for_linux_is_refused(self):
        elf = pathlib.Path("/bin/true").read_bytes()
        for content in b"#!/bin/sh\n", b"\xcf\xfa\xed\xfe" + elf[4:], elf[:18] + b"\x03\x00" + elf[20:], elf[:10], b"":
            with self.subTest(content[:20]):
                for service in SERVICES:
                    self.built(service, content=content)
                self.refuse("is not a Linux program for x86_64 or aarch64")

    def test_the_name_tells_what_the_binaries_are_for_and_not_where_they_are_packed(self):
        elf = pathlib.Path("/bin/true").read_bytes()
        for machine, number in ("x86_64", b"\x3e\x00"), ("aarch64", b"\xb7\x00"):
            for service in SERVICES:
                self.built(service, content=elf[:18] + number + elf[20:])
            self.assertIn(f"-linux-{machine}.tar.gz", self.succeed())
        self.built("api-service", content=elf[:18] + b"\x3e\x00" + elf[20:])
        self.refuse("The binaries are for linux-x86_64 and linux-aarch64")

    def refuse(self, why):
        shutil.rmtree(self.checkout / "dist", ignore_errors=True)
        status, said = self.dist()
        self.assertEqual(1, status, said)
        self.assertIn(why, said)
        self.assertEqual(1, len(said.splitlines()), said)
        self.assertFalse((self.checkout / "dist").exists())

    def killing(self, program, when, nth):
        """A folder with a program of that name, which ends its caller at the call that is asked for."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.checkout))
        script = folder / program
        script.write_text(f"""#!/bin/bash
echo >>"{folder}/calls"
if (($(wc -l <"{folder}/calls") != {nth})); then exec {shutil.which(program)} "$@"; fi
if [[ {when} == after ]]; then {shutil.which(program)} "$@"; fi
kill -KILL "$PPID"
""")
        script.chmod(0o755)
        return folder


if __name__ == "__main__":
    unittest.main()
