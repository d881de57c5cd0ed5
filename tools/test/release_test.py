#!/usr/bin/env python3
"""Runs tools/package/release in a repository of the test's own, where other programs stand for .ci/run and for dist."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
POM = """<project>
  <version>1.0.0-SNAPSHOT</version>
  <properties><other><version>1.0.0-SNAPSHOT</version></other></properties>
</project>
"""
CHANGELOG = """# Changelog

## Unreleased

## 1.0.0 - 2027-01-31

### Added

- Everything.

## 0.9.0 - 2026-12-31
"""
# Packs what the POM says that the version is, so that the test sees when it ran.
DIST = """#!/bin/bash
set -eu
[[ ! -e FAIL ]] || exit 1
mkdir -p dist "work/x" && echo '{}' >work/x/sbom.cdx.json
version=$(sed -n '/<version>/{s,.*<version>\\(.*\\)</version>.*,\\1,p;q}' pom.xml)
tar -czf "dist/machine-manager-$version-$1.tar.gz" -C work x && rm -r work
(cd dist && sha256sum *"-$1.tar.gz" >"machine-manager-$version-$1.tar.gz.sha256")
"""


class ReleaseTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.checkout = pathlib.Path(folder.name) / "checkout"
        self.write("pom.xml", POM)
        self.write("api-service/pom.xml", POM)
        self.write("CHANGELOG.md", CHANGELOG)
        self.write(".gitignore", "/dist/\n")
        self.write("tools/package/dist", DIST)
        self.write(".ci/run", "#!/bin/sh\n[ ! -e UNTESTED ]\n")
        shutil.copy2(ROOT / "tools/package/release", self.checkout / "tools/package/release")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit()
        self.before = self.state()

    def write(self, name, text):
        file = self.checkout / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if text.startswith("#!"):
            file.chmod(0o755)

    def git(self, *arguments):
        return self.run_in_checkout("git", *arguments).stdout.strip()

    def run_in_checkout(self, *command, check=True):
        who = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
               for what, value in (("NAME", "Test"), ("EMAIL", "test@example.org"))}
        return subprocess.run(command, cwd=self.checkout, text=True, timeout=60, check=check, env={**os.environ, **who},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "As it is")

    def state(self):
        return self.git("log", "--format=%H %s"), self.git("tag"), self.git("worktree", "list"), self.git("status", "--porcelain")

    def release(self, *arguments):
        done = self.run_in_checkout("tools/package/release", *arguments, check=False)
        return done.returncode, done.stdout

    def refuse(self, why, *arguments):
        before = self.state()
        status, said = self.release(*arguments)
        self.assertEqual(1, status, said)
        self.assertIn(why, said)
        self.assertEqual(before, self.state())
        self.assertFalse((self.checkout / "dist").exists())

    def test_a_release_has_the_version_a_tag_and_an_archive(self):
        status, said = self.release("1.0.0")
        self.assertEqual(0, status, said)
        self.assertEqual(["Begin 1.0.1", "Release 1.0.0", "As it is"], self.git("log", "--format=%s").splitlines())
        self.assertEqual("v1.0.0", self.git("tag"))
        self.assertEqual(self.git("rev-parse", "HEAD~1"), self.git("rev-parse", "v1.0.0^{commit}"))
        self.assertEqual("### Added\n- Everything.", self.git("tag", "--list", "--format=%(contents:body)").strip())
        for pom in "pom.xml", "api-service/pom.xml":
            released = POM.replace("1.0.0-SNAPSHOT", "1.0.0", 1)
            self.assertEqual(released.strip(), self.git("show", f"v1.0.0:{pom}"))
            self.assertEqual(POM.replace("1.0.0-SNAPSHOT", "1.0.1-SNAPSHOT", 1), (self.checkout / pom).read_text())
        self.assertEqual([f"machine-manager-1.0.0-jvm.{end}" for end in ("sbom.cdx.json", "tar.gz", "tar.gz.sha256")],
                         sorted(file.name for file in (self.checkout / "dist").iterdir()))
        self.assertEqual("", self.git("status", "--porcelain"))
        self.assertEqual(1, len(self.git("worktree", "list").splitlines()))

    def test_a_dry_run_changes_nothing(self):
        status, said = self.release("1.0.0", "dry-run")
        self.assertEqual(0, status, said)
        self.assertIn('Would commit "Release 1.0.0", tag it v1.0.0, and go on with 1.0.1-SNAPSHOT', said)
        self.assertEqual(self.before, self.state())
        self.assertFalse((self.checkout / "dist").exists())

    def test_what_is_no_release_is_refused(self):
        for version in "1.0", "v1.0.0", "1.0.0-SNAPSHOT", "01.0.0":
            self.refuse("is not a version", version)
        self.refuse("0.9.0 is older than the current version, 1.0.0-SNAPSHOT", "0.9.0")
        self.refuse('CHANGELOG.md has no section "## 1.1.0 - ', "1.1.0")
        self.assertEqual(2, self.release()[0])
        self.assertEqual(2, self.release("1.0.0", "now")[0])

    def test_an_empty_section_is_refused(self):
        self.write("CHANGELOG.md", CHANGELOG.replace("### Added\n\n- Everything.\n", ""))
        self.commit()
        self.refuse("the section of 1.0.0 in CHANGELOG.md is empty", "1.0.0")

    def test_what_is_not_committed_is_refused(self):
        self.write("new", "text")
        self.refuse("there are changes that are not committed: new", "1.0.0")

    def test_another_branch_is_refused(self):
        self.git("switch", "--quiet", "--create", "topic")
        self.refuse("a release is made on main, and this is topic", "1.0.0")

    def test_a_tag_that_exists_is_refused(self):
        self.git("tag", "v1.0.0")
        self.refuse("the tag v1.0.0 exists already", "1.0.0")

    def test_without_passing_tests_nothing_is_released(self):
        self.write("UNTESTED", "")
        self.commit()
        self.refuse(".ci/run failed: nothing was changed", "1.0.0")
        self.assertEqual(0, self.release("1.0.0", "tested")[0])

    def test_a_build_that_fails_leaves_no_tag_and_no_commit(self):
        self.write("FAIL", "")
        self.commit()
        self.refuse("the release failed: nothing was changed", "1.0.0")


if __name__ == "__main__":
    unittest.main()
