#!/usr/bin/env python3
"""Runs deploy/stack in a checkout of the test's own, with a docker and a curl that only write down what they are asked."""
import fcntl
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
# Of several containers of a service it keeps those with the highest numbers. $STATE is a folder:
#   calls       what was asked, one a line
#   containers  the names of the product's containers
#   upstreams   what the proxy was last made with
#   named       the environment's DOMAIN and EMAIL then
#   machines    the checkout and the name of each machine
#   folders     where its containers were made from
#   volumes     their names
#   images      the services that have one
#   labels      version, revision and source that the last image was built with
#   tables      how many there are in the database
DOCKER = r"""#!/bin/bash
set -euo pipefail
echo "docker $*" >>"$STATE/calls"

# scale SERVICE COUNT
scale() {
  local have n
  have=$(grep -c -- "-$1-[0-9]*$" "$STATE/containers" || true)
  for ((n = have; n < $2; n++)); do echo "machine-manager-$1-$((n + 1))" >>"$STATE/containers"; done
  for ((n = 0; n < have - $2; n++)); do sed -i "0,/-$1-[0-9]*$/{/-$1-[0-9]*$/d}" "$STATE/containers"; done
}

up() {
  local service services=()
  if [[ " $* " == *" --no-build "* && " $* " != *" db "* ]]; then grep -q proxy "$STATE/images"; fi
  for argument in "$@"; do case $argument in api | scheduler | db | proxy) services+=("$argument") ;; esac; done
  if ((${#services[@]} == 0)); then services=(db api scheduler proxy); fi
  for service in "${services[@]}"; do
    case $service in
      api) scale api "$API_REPLICAS" ;;
      scheduler) scale scheduler "$SCHEDULER_REPLICAS" ;;
      db) scale db 1 ;;
      proxy) scale proxy 1; echo "${API_UPSTREAMS-}" >"$STATE/upstreams"; echo "${DOMAIN-} ${EMAIL-}" >"$STATE/named" ;;
    esac
  done
}

case "$*" in
  "compose version --short") echo 2.40.3 ;;
  "context inspect"*) echo unix:///var/run/docker.sock ;;
  info) ;;
  compose*" ps --all --format {{.Name}} "*) { cat "$STATE/containers"; echo "machine-manager-${*: -1}-run-1a2b3c"; } | grep -- "-${*: -1}-" ;;
  compose*" up "*) shift 5; up "$@" ;;
  compose*" config --images") echo mariadb:11.8; for name in api:native scheduler:native proxy; do echo "machine-manager/$name"; done ;;
  "image inspect "*) grep -q proxy "$STATE/images" ;;
  compose*" build "*) if [[ -e $STATE/no-builder ]]; then exit 1; fi; echo "${*: -1}" >>"$STATE/images"
    echo "$IMAGE_VERSION|$IMAGE_REVISION|$IMAGE_SOURCE" >"$STATE/labels" ;;
  compose*" logs "*) ;;
  compose*" exec -T db "*information_schema*) cat "$STATE/tables" ;;
  compose*" exec -T db "*mariadb-dump*) echo "-- Dump completed" ;;
  compose*" exec -T db "*) cat >/dev/null ;;
  "ps --all --filter label=machine-manager.checkout="*) sed -n "s,^${4#*checkout=} ,,p" "$STATE/machines" ;;
  "ps --all "*"com.docker.compose.project="*working_dir*) cat "$STATE/folders" ;;
  "volume ls "*) cat "$STATE/volumes" ;;
  "ps --all "*"com.docker.compose.project="* | "network ls "* | "images "* | "image prune "*) ;;
  "rm --force "* | "volume rm "*) ;;
  compose*" stop"*) ;;
  *) echo "the test's docker does not know: $*" >&2; exit 1 ;;
esac
"""
# Answers with the exit status in $STATE/curl, or like a way in that is open.
CURL = r"""#!/bin/bash
echo "curl $*" >>"$STATE/calls"
if [[ -s $STATE/curl ]]; then echo "curl: no answer" >&2; exit "$(cat "$STATE/curl")"; fi
"""
# Nobody waits in a test.
SLEEP = """#!/bin/bash
"""


class StackTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.checkout = self.folder / "checkout"
        for file in "deploy/stack", "deploy/compose.yml", "deploy/.env.example", "tools/setup/need", "pom.xml":
            (self.checkout / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, self.checkout / file)
        self.state = self.folder / "state"
        (self.state / "bin").mkdir(parents=True)
        for file in "containers", "machines", "folders", "volumes", "images":
            (self.state / file).touch()
        for name, script in ("docker", DOCKER), ("curl", CURL), ("sleep", SLEEP):
            (self.state / "bin" / name).write_text(script)
            (self.state / "bin" / name).chmod(0o755)
        self.env_file = self.checkout / "deploy/.env"

    def stack(self, *arguments, checkout=None, **environment):
        """The exit status, and all that was said."""
        unset = ("DOCKER_HOST", "ENV_FILE", "COMPOSE_PROJECT_NAME", "MACHINE_CHECKOUT", "DOMAIN", "EMAIL", "HTTPS_PUBLISH",
                 "API_REPLICAS", "SCHEDULER_REPLICAS", "API_UPSTREAMS", "VARIANT")
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        done = subprocess.run(
            [(checkout or self.checkout) / "deploy/stack", *arguments], text=True, timeout=180, check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**inherited, "STATE": str(self.state), "PATH": f"{self.state}/bin:{os.environ['PATH']}", **environment})
        return done.returncode, done.stdout

    def succeed(self, *arguments, **environment):
        status, said = self.stack(*arguments, **environment)
        self.assertEqual(0, status, said)
        return said

    def calls(self, program):
        return [line for line in (self.state / "calls").read_text().splitlines() if line.startswith(program + " ")]

    def upstreams(self):
        return (self.state / "upstreams").read_text().split()


class UpTest(StackTest):
    def setUp(self):
        super().setUp()
        self.succeed("init")

    def test_the_proxy_leads_to_the_processes_that_are_there(self):
        self.succeed("run", "scale=3")
        self.assertEqual([f"machine-manager-api-{n}:8080" for n in (1, 2, 3)], self.upstreams())
        self.succeed("run", "scale=1")
        self.assertEqual(["machine-manager-api-3:8080"], self.upstreams())

    def test_other_commands_leave_number_and_names_as_they_are(self):
        self.succeed("run", "scale=3")
        self.succeed("run", "scale=1")
        (self.state / "upstreams").unlink()
        self.succeed("compose", "up", "--detach", "proxy")
        self.assertEqual(["machine-manager-api-3:8080"], self.upstreams())

    def test_it_is_up_only_when_the_way_in_is_open(self):
        self.env_file.write_text(self.env_file.read_text() + "DOMAIN=machines.example.org\nHTTPS_PUBLISH=192.0.2.1:8443\n")
        self.assertIn("Machine Manager is up: https://machines.example.org:8443", self.succeed("run"))
        self.assertRegex(self.calls("curl")[0], "--connect-to ::192.0.2.1:8443 https://machines.example.org/healthz$")
        (self.state / "curl").write_text("7")
        status, said = self.stack("run")
        self.assertEqual(1, status, said)
        self.assertIn("there is no answer from https://machines.example.org:8443/healthz, requested at 192.0.2.1:8443: curl: no answer", said)
        self.assertNotIn("is up", said)

    def test_what_the_shell_calls_its_name_and_address_changes_nothing(self):
        said = self.succeed("run", EMAIL="somebody@example.org", DOMAIN="elsewhere.example")
        self.assertIn("Machine Manager is up: https://localhost ", said)
        self.assertEqual(" \n", (self.state / "named").read_text())
        self.assertEqual("https://localhost\n", self.succeed("address", DOMAIN="elsewhere.example"))


class SetTest(StackTest):
    def setUp(self):
        super().setUp()
        self.succeed("init")

    def lines(self):
        return self.env_file.read_text().splitlines()

    def test_a_setting_is_set_in_its_place_and_has_its_default_again(self):
        before = self.lines()
        at = before.index("#RESERVATION_SUDO=false")
        self.succeed("set", "RESERVATION_SUDO=true", "NEW_ONE=a b=c")
        self.assertEqual("RESERVATION_SUDO=true", self.lines()[at])
        self.assertEqual("NEW_ONE=a b=c", self.lines()[-1])
        self.succeed("set", "RESERVATION_SUDO=", "NEW_ONE=")
        self.assertEqual([*before[:at], "#RESERVATION_SUDO=", *before[at + 1:], "#NEW_ONE="], self.lines())

    def test_the_file_keeps_its_mode_and_stays_a_link(self):
        elsewhere = self.folder / "settings"
        self.env_file.rename(elsewhere)
        self.env_file.symlink_to(elsewhere)
        elsewhere.chmod(0o640)
        self.succeed("set", "RESERVATION_SUDO=true")
        self.assertTrue(self.env_file.is_symlink())
        self.assertIn("RESERVATION_SUDO=true", self.lines())
        self.assertEqual(0o640, elsewhere.stat().st_mode & 0o777)
        self.assertEqual([elsewhere], list(self.folder.glob("settings*")))

    def test_what_is_no_setting_is_refused_and_nothing_is_changed(self):
        before = self.lines()
        for wrong in "RESERVATION_SUDO", "lower=1", "=1":
            self.assertEqual((1, True), (self.stack("set", "NEW=1", wrong)[0], before == self.lines()), wrong)


class LabelsTest(StackTest):
    def setUp(self):
        super().setUp()
        self.succeed("init")

    def labels(self):
        self.succeed("run")
        return (self.state / "labels").read_text().strip().split("|")

    def git(self, *arguments, folder=None):
        return subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", folder or self.checkout, *arguments],
                              check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def test_images_tell_what_they_were_built_from(self):
        self.git("init", "--quiet")
        self.git("add", "pom.xml")
        self.git("commit", "--quiet", "--message", "x")
        self.git("tag", "--annotate", "--message", "x", "some-tag")
        self.git("remote", "add", "origin", "https://example.org/machine-manager.git")
        version = re.search("<version>(.*)</version>", (ROOT / "pom.xml").read_text())[1]
        head = self.git("rev-parse", "HEAD")
        self.assertEqual([version, head, "https://example.org/machine-manager.git"], self.labels())
        with open(self.checkout / "pom.xml", "a", encoding="utf-8") as pom:
            pom.write("\n")
        self.git("remote", "set-url", "origin", "https://somebody:secret@example.org/machine-manager.git")
        self.assertEqual([version, head + "-dirty", ""], self.labels())

    def test_without_a_repository_of_its_own_a_checkout_has_no_revision(self):
        self.git("init", "--quiet", folder=self.folder)
        self.git("commit", "--quiet", "--allow-empty", "--message", "x", folder=self.folder)
        self.git("remote", "add", "origin", "https://example.org/another.git", folder=self.folder)
        self.assertEqual(["", ""], self.labels()[1:])

    def test_every_image_of_ours_takes_them(self):
        text = (ROOT / "deploy/compose.yml").read_text()
        self.assertEqual(text.count("      target: "), text.count("      args: *labels\n"))
        for name in "VERSION", "REVISION", "SOURCE":
            self.assertIn(f"  {name}: ${{IMAGE_{name}:-unknown}}\n", text)


class RestoreTest(StackTest):
    def setUp(self):
        super().setUp()
        self.succeed("init")
        self.backup = self.folder / "backup.sql.gz"
        self.backup.write_bytes(gzip.compress(b"-- Dump completed on 2026-01-01\n"))
        (self.state / "tables").write_text("0\n")

    def position(self, part):
        return next(n for n, line in enumerate(self.calls("docker")) if part in line)

    def test_on_a_new_host_the_images_are_built_before_the_database_is_touched(self):
        self.assertIn("Restored", self.succeed("restore", self.backup, "yes"))
        for service in "api", "scheduler", "proxy":
            self.assertLess(self.position(f" build {service}"), self.position("DROP DATABASE"))
        self.assertEqual(["machine-manager-api-1:8080"], self.upstreams())
        self.assertEqual(1, len(self.calls("curl")))

    def test_what_cannot_be_built_leaves_the_database_as_it_is(self):
        (self.state / "no-builder").touch()
        status, said = self.stack("restore", self.backup, "yes")
        self.assertEqual(1, status, said)
        self.assertIn("set VARIANT=jvm in deploy/.env", said)
        self.assertFalse([line for line in self.calls("docker") if "DROP" in line or " stop" in line])

    def test_nothing_is_built_or_counted_anew_where_it_runs_already(self):
        self.succeed("run", "scale=3")
        self.succeed("run", "scale=2")
        (self.state / "calls").unlink()
        (self.state / "tables").write_text("9\n")
        self.assertIn("Restored", self.succeed("restore", self.backup, "yes"))
        self.assertFalse([line for line in self.calls("docker") if " build " in line])
        self.assertEqual([f"machine-manager-api-{n}:8080" for n in (2, 3)], self.upstreams())
        self.assertEqual(1, len(list((self.checkout / "backups").glob("before-restore-*"))))


class CleanTest(StackTest):
    def setUp(self):
        super().setUp()
        self.passwords = self.checkout / "provision/machines.yml"
        self.passwords.parent.mkdir(exist_ok=True)
        self.passwords.touch()

    def machine_of(self, checkout):
        (self.state / "machines").write_text(f"{checkout} alpine-1\n")

    def test_passwords_of_machines_that_are_elsewhere_stay(self):
        self.machine_of("/another/checkout")
        self.assertIn("Left alone, as this engine has none of its machines: provision/machines.yml", self.succeed("clean", "yes"))
        self.assertTrue(self.passwords.exists())

    def test_passwords_of_machines_are_named_before_they_go(self):
        self.machine_of(self.checkout)
        status, said = self.stack("clean")
        self.assertEqual(1, status, said)
        self.assertIn("  - the machines alpine-1", said)
        self.assertIn("  - provision/machines.yml", said)
        self.assertTrue(self.passwords.exists())
        self.succeed("clean", "yes")
        self.assertFalse(self.passwords.exists())
        self.assertIn("docker rm --force alpine-1", self.calls("docker"))

    def test_nothing_is_removed_while_another_recipe_is_at_work(self):
        self.machine_of(self.checkout)
        for file, what in ("deploy/.lock", "the installation"), ("provision/.lock", "this checkout's machines"):
            with self.subTest(file), open(self.checkout / file, "w", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                status, said = self.stack("clean", "yes")
                self.assertEqual(1, status, said)
                self.assertIn(f"changing {what}: try again when it is done", said)
                self.assertTrue(self.passwords.exists())

    def test_leftovers_go_and_what_is_the_users_stays(self):
        gone = ("target/bom.json", "api-service/target/x", "dist/x", "ca.crt", "tools/test/__pycache__/x", "deploy/.lock",
                "provision/.lock", "deploy/.env.partial.Ab3dEf")
        kept = "backups/x", "deploy/.env.backup", "deploy/.env.example", "deploy/stack", ".git/objects/__pycache__"
        for file in gone + kept:
            (self.checkout / file).parent.mkdir(parents=True, exist_ok=True)
            (self.checkout / file).touch()
        self.succeed("clean", "yes")
        self.assertEqual([], [file for file in gone if (self.checkout / file).exists()])
        self.assertEqual([], [file for file in kept if not (self.checkout / file).exists()])

    def test_settings_that_were_half_written_are_found_by_clean(self):
        (self.state / "bin/ln").write_text("#!/bin/bash\nkill -KILL $PPID\n")
        (self.state / "bin/ln").chmod(0o755)
        self.stack("init")
        self.assertEqual(1, len(list((self.checkout / "deploy").glob(".env.partial.*"))))
        self.succeed("clean", "yes")
        self.assertEqual([], list((self.checkout / "deploy").glob(".env.partial.*")))

    def installation_of(self, *folders):
        self.succeed("init")
        (self.state / "folders").write_text("".join(f"{folder}/deploy\n" for folder in folders))
        (self.state / "volumes").write_text("machine-manager_db\n")

    def removed_volumes(self):
        return [line for line in self.calls("docker") if line.startswith("docker volume rm machine-manager_db")]

    def test_by_whatever_name_a_checkout_is_reached_it_is_one(self):
        link = self.folder / "link"
        link.symlink_to(self.checkout)
        self.installation_of(link)
        self.machine_of(self.checkout)
        status, said = self.stack("clean", "yes", checkout=link)
        self.assertEqual(0, status, said)
        self.assertNotIn("Left alone", said)
        self.assertEqual(1, len(self.removed_volumes()), said)
        self.assertIn("docker rm --force alpine-1", self.calls("docker"))
        self.assertFalse(self.env_file.exists())

    def test_a_checkout_that_was_moved_is_cleaned(self):
        self.installation_of(self.folder / "before/it was moved", self.checkout)
        self.assertIn("volumes machine-manager_db", self.succeed("clean", "yes"))
        self.assertEqual(1, len(self.removed_volumes()))
        self.assertFalse(self.env_file.exists())

    def test_settings_stay_with_an_installation_of_another_checkout(self):
        (self.folder / "other/deploy").mkdir(parents=True)
        self.installation_of(self.folder / "other")
        said = self.succeed("clean", "yes")
        self.assertIn(f"which runs from {self.folder}/other/deploy", said)
        self.assertIn("Left alone, as it may have the secrets of that installation: deploy/.env", said)
        self.assertEqual([], self.removed_volumes())
        self.assertTrue(self.env_file.exists())

    def test_an_engine_elsewhere_may_have_folders_that_are_not_here(self):
        self.installation_of(self.folder / "of somebody else")
        self.succeed("clean", "yes", DOCKER_HOST="ssh://elsewhere.example")
        self.assertEqual([], self.removed_volumes())
        self.assertTrue(self.env_file.exists())


if __name__ == "__main__":
    unittest.main()
