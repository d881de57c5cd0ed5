#!/usr/bin/env python3
"""Runs tools/setup/mvn with a Maven that only writes reports, and tools/setup/report on reports of the test's own."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
MVN = """#!/bin/bash
if [[ $1 == --version ]]; then
  printf 'Apache Maven 3.9.16 (x)\\nMaven home: /nowhere\\n'
  exit
fi
echo "asked: $*"
for plugin in $RAN; do
  mkdir -p "api-service/target/$plugin-reports"
  echo '<testsuite tests="1" time="2.5" name="a.B"><testcase name="c" classname="a.B" time="1.5"/></testsuite>' \\
    >"api-service/target/$plugin-reports/TEST-a.B.xml"
done
exit "${STATUS:-0}"
"""


class SetupTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        shutil.copytree(ROOT / "tools/setup", self.folder / "tools/setup")
        (self.folder / "bin").mkdir()
        (self.folder / "bin/mvn").write_text(MVN)
        (self.folder / "bin/mvn").chmod(0o755)

    def run_setup(self, program, *arguments, **environment):
        return subprocess.run([self.folder / "tools/setup" / program, *arguments], cwd=self.folder, text=True, timeout=60,
                              capture_output=True, check=False, env={
                                  **os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "RAN": "", **environment})

    def test_a_mistyped_test_fails(self):
        for named, ran, status in (("-Dtest=B", "surefire", 0), ("-Dtest=Typo", "", 1), ("-Dtest=Typo", "failsafe", 1),
                                   ("-Dit.test=B", "surefire failsafe", 0), ("-Dit.test=Typo", "surefire", 1),
                                   ("-Dtest=none", "", 0), ("-Dtests.excluded=none", "", 0)):
            with self.subTest(named=named, ran=ran):
                shutil.rmtree(self.folder / "api-service", ignore_errors=True)
                done = self.run_setup("mvn", "verify", named, RAN=ran)
                self.assertEqual(status, done.returncode, done.stderr)
                self.assertEqual(status, done.stderr.count(f"no test ran for {named}"), done.stderr)

    def test_a_report_of_an_earlier_run_does_not_count(self):
        self.assertEqual(0, self.run_setup("mvn", "verify", "-Dtest=B", RAN="surefire").returncode)
        self.assertEqual(1, self.run_setup("mvn", "verify", "-Dtest=Typo").returncode)

    def test_without_tests_no_name_is_missed(self):
        self.assertEqual(0, self.run_setup("mvn", "package", "-DskipTests", "-Dtest=B").returncode)

    def test_the_status_of_maven_is_kept(self):
        for named in (), ("-Dtest=B",):
            self.assertEqual(3, self.run_setup("mvn", "verify", *named, RAN="surefire", STATUS="3").returncode)

    def test_the_report_counts_the_tests_and_tells_their_time(self):
        self.run_setup("mvn", "verify", RAN="surefire failsafe")
        done = self.run_setup("report")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual("2 passed, 0 failed", done.stdout.splitlines()[-1])
        self.assertEqual(2, done.stdout.count("     2.5 s  B (1 tests)\n"))
        self.assertEqual(2, done.stdout.count("     1.5 s  B.c\n"))

    def test_the_report_counts_a_class_with_parameters_whose_own_numbers_are_0(self):
        reports = self.folder / "api-service/target/surefire-reports"
        reports.mkdir(parents=True)
        (reports / "TEST-a.B.xml").write_text(
            '<testsuite tests="0" failures="0" time="2" name="a.B"><testcase name="c" time="1"/>'
            '<testcase name="d" time="1"><failure/></testcase><testcase name="e"><skipped/></testcase></testsuite>',
            encoding="utf-8")
        self.assertEqual("1 passed, 1 failed, 1 skipped", self.run_setup("report").stdout.splitlines()[-1])

    def test_a_report_without_tests_fails(self):
        done = self.run_setup("report")
        self.assertEqual((1, "0 passed, 0 failed\n"), (done.returncode, done.stdout))


if __name__ == "__main__":
    unittest.main()
