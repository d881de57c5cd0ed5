"""Runs a program in private namespaces. All processes that it starts end with it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# libfaketime leaves shared memory behind when its process is killed, so the run has a private /dev/shm.
INSIDE = 'ip link set lo up && mount -t tmpfs tmpfs /dev/shm && python3 "$@"; status=$?; exit $status'

ENDING = (signal.SIGTERM, signal.SIGHUP)
SERVICES = ("api-service", "scheduler-service")


def need(why, commands):
    """Makes sure that this is root on Linux and that the commands, each with its package, are there."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        print(f"Machines are made out of Linux namespaces here, so this runs as root on Linux: sudo ./justw {why}",
              file=sys.stderr)
        sys.exit(2)
    os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
    subprocess.run([ROOT / "tools/setup/need", *commands], check=True)


def newest_source(product):
    """When the sources of the services were last changed."""
    sources = [product / "pom.xml"]
    for module in ("shared-model", *SERVICES):
        sources += [product / module / "pom.xml", *(product / module / "src/main").rglob("*")]
    return max(s.stat().st_mtime for s in sources if s.is_file())


def binary(product, service):
    """The native binary of a service; ends the run if none is newer than the sources."""
    oldest = newest_source(product)
    for found in (product / service / "target").glob("*-runner"):
        if found.stat().st_mtime >= oldest:
            return found
    sys.exit(f"{product / service}/target has no native binary that is newer than the sources: just native builds it")


def package(product):
    """Builds the services unless they are newer than their sources."""
    jars = [product / s / "target/quarkus-app/quarkus-run.jar" for s in SERVICES]
    if all(j.exists() for j in jars) and min(j.stat().st_mtime for j in jars) >= newest_source(product):
        return
    print("Packaging the services ...", flush=True)
    subprocess.run([ROOT / "tools/setup/mvn", "--quiet", "--file", product / "pom.xml", "package", "-DskipTests"],
                   check=True)


def end(*_):
    """Ends the run. Further signals do not interrupt the clean-up.

    The same signal may come twice: once for the process group and once from the parent process.
    """
    for how in ENDING:
        signal.signal(how, signal.SIG_IGN)
    sys.exit(143)


def run(name, script, words, kept):
    """Runs a script of ours as `script --inside FOLDER WORDS…` with a private folder, and gives its exit status.

    kept names what is copied from the folder to target/NAME when there is a report.json.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"machine-manager-{name}."))
    # The database runs as another user, which must reach its own folder below this one.
    folder.chmod(0o711)
    # A private network namespace: only this run can reach the parts, its network faults have no effect outside, and it
    # uses no port of the host. A private pid namespace: when its first process ends, the kernel ends all others. The
    # first process is a shell, because a shell waits for orphaned processes.
    argv = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--pid", "--ipc", "--mount", "--mount-proc", "--fork",
            "--kill-child=KILL", "bash", "-c", INSIDE, name, str(Path(script).resolve()), "--inside", str(folder), *words]
    process = None
    try:
        # The inner process also gets Ctrl-C from the terminal. It then stops and reports.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for how in ENDING:
            signal.signal(how, end)
        process = subprocess.Popen(argv)
        status = process.wait()
    finally:
        if process and process.poll() is None:
            process.kill()
            process.wait()
        keep(folder, ROOT / "target" / name, kept)
        # A machine's mounts end with its last process, which may take the kernel a moment.
        for _ in range(50):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)
    return status if status >= 0 else 1


def keep(folder, target, kept):
    """Copies the report and the logs to the target folder."""
    if (folder / "report.json").exists():
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in kept:
            subprocess.run(["cp", "-r", folder / name, target], check=False)
        print(f"\nThe report as JSON and all logs are in {target}")


if __name__ == "__main__":
    # sandbox.py  Builds the services of this checkout unless they are newer than their sources.
    package(ROOT)
