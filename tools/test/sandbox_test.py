"""A run in namespaces of its own leaves nothing, however it is ended."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HARNESS = Path(__file__).resolve().parents[1] / "harness"
sys.path.insert(0, str(HARNESS))

import sandbox  # noqa: E402  # pylint: disable=wrong-import-position

RUN = "import sys; import sandbox; sys.exit(sandbox.run('test', sys.argv[1], [], ()))"
# Makes what takes a while to tidy up, and waits.
SCRIPT = """
import sys, time
for i in range(20000):
    open(f"{sys.argv[2]}/{i}", "w").close()
print(sys.argv[2], flush=True)
time.sleep(100)
"""


@unittest.skipUnless(sys.platform.startswith("linux") and os.geteuid() == 0, "needs root on Linux")
class Ended(unittest.TestCase):
    def test_by_a_signal_that_comes_twice_it_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "script.py"
            script.write_text(SCRIPT)
            with subprocess.Popen([sys.executable, "-c", RUN, script], stdout=subprocess.PIPE, text=True,
                                  env={**os.environ, "PYTHONPATH": str(HARNESS)}) as run:
                inside = Path(run.stdout.readline().strip())
                self.assertTrue(inside.is_dir())
                run.send_signal(signal.SIGTERM)
                while run.poll() is None and (inside / "0").exists():
                    time.sleep(0.001)
                run.send_signal(signal.SIGTERM)
                self.assertEqual(run.wait(60), 143)
            self.assertFalse(inside.exists())


class Binary(unittest.TestCase):
    def test_one_that_is_older_than_the_sources_is_not_taken(self):
        with tempfile.TemporaryDirectory() as folder:
            product = Path(folder)
            for module in ("shared-model", *sandbox.SERVICES):
                (product / module / "src/main").mkdir(parents=True)
                (product / module / "target").mkdir()
                (product / module / "pom.xml").touch()
            (product / "pom.xml").touch()
            native = product / "api-service/target/api-service-1.0-runner"
            with self.assertRaisesRegex(SystemExit, "api-service/target has no native binary"):
                sandbox.binary(product, "api-service")
            native.touch()
            self.assertEqual(sandbox.binary(product, "api-service"), native)
            source = product / "shared-model/src/main/Changed.java"
            source.touch()
            os.utime(native, (source.stat().st_mtime - 1,) * 2)
            with self.assertRaisesRegex(SystemExit, "newer than the sources: just native builds it"):
                sandbox.binary(product, "api-service")


if __name__ == "__main__":
    unittest.main()
