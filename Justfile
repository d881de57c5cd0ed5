# Every workflow of the project. `./justw` runs this file where `just` is not installed.

set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

mvn := "tools/setup/mvn"
need := "tools/setup/need"

[private]
default:
    @'{{ just_executable() }}' --justfile '{{ justfile() }}' --list --unsorted

# Show the whole job on real parts, then stay up for you to try; --once ends by itself
[group('use')]
[no-exit-message]
demo *args:
    @exec tools/demo/demo "$@"

# Compile and package both services, without tests
[group('build')]
build *args:
    {{ mvn }} package -DskipTests "$@"

# Run every check, and all tests but the long ones; with arguments for Maven only its tests: -pl shared-model -Dtest=BackOffTest
[group('build')]
[no-exit-message]
test *args: lint
    @exec tools/test/run "$@"

# Run one Java test class, or a method of it: test-one BackOffTest, test-one StopIT#name
[group('build')]
[no-exit-message]
test-one class:
    @exec tools/test/one "$1"

# Run what takes too long for CI: the tests tagged deep too, 10 minutes of chaos, the expiry of 1,000 reservations
[group('build')]
[no-exit-message]
test-all:
    @'{{ just_executable() }}' --justfile '{{ justfile() }}' lint
    @tools/test/run --with-deep
    @tools/chaos/chaos minutes=10 driver=both
    @tools/bench/bench only=expiry rows=1000

# Break everything again and again, and check that no machine is lent twice and no account is left: minutes=3 seed=N
[group('build')]
[no-exit-message]
chaos *args:
    @exec tools/chaos/chaos "$@"

# Measure everything beside a baseline of the same run, and print one table: quick only=ssh,requests json=FILE
[group('build')]
[no-exit-message]
bench *args:
    @exec tools/bench/bench "$@"

# Check the shell scripts
[group('build')]
lint:
    @{{ need }} shellcheck:shellcheck
    @grep -rlIE '^#!(/usr/bin/env bash|/bin/(ba)?sh)' --exclude-dir=target --exclude-dir=.git . | sort | cat - <(echo shared-model/src/main/resources/account/account.sh) | xargs -n 8 -P 2 shellcheck --external-sources
    @echo "shellcheck: the scripts are clean"

# Look up known advisories for all libraries; without a network, list those with newer releases
[group('build')]
[no-exit-message]
audit:
    @{{ need }} python3:python3
    @tools/package/audit

# Bring the sources into the project's format
[group('build')]
format:
    {{ mvn }} --quiet process-sources -Dformat.goal=format -Dimports.goal=sort

# Remove everything that the recipes made here, the data too (it lists what is lost and asks; `just clean yes` does not)
[group('build')]
[no-exit-message]
clean *yes:
    @deploy/stack clean "$@"

# Write deploy/.env with new secrets, unless it is there
[group('deploy')]
init:
    @deploy/stack init

# Build and start the product with Docker Compose; scale=3 starts three API processes, schedulers=2 two schedulers
[group('deploy')]
[no-exit-message]
run *args:
    @deploy/stack run "$@"

# The same with live reload: the services run from the sources here
[group('deploy')]
[no-exit-message]
run-dev *args:
    @deploy/stack run-dev "$@"

# Stop the product's containers and keep everything; just run goes on
[group('deploy')]
[no-exit-message]
stop:
    @deploy/stack stop

# Follow the containers' logs, all or those named (db, api, scheduler, proxy)
[group('deploy')]
[no-exit-message]
logs *services:
    @deploy/stack logs "$@"

# Dump the database into backups/ or the file named, while everything runs
[group('deploy')]
[no-exit-message]
backup *file:
    @deploy/stack backup "$@"

# Replace the database by a backup (it asks; `just restore FILE yes` does not)
[group('deploy')]
[no-exit-message]
restore *file:
    @deploy/stack restore "$@"

# Make machines to lend, as containers on this host: how many, and on which system (alpine, debian)
[group('machines')]
[no-exit-message]
provision count="3" os="alpine":
    @provision/pool provision -e machine_count="$1" -e machine_os="$2"

# Remove the machines that provision made (it lists them and asks; `just unprovision yes` does not)
[group('machines')]
[no-exit-message]
unprovision *yes:
    @provision/pool unprovision "$@"

# Make the machines anew, each on its system and with the password and host keys it had: their registration stays good
[group('machines')]
[no-exit-message]
reprovision count="3" os="alpine":
    @provision/pool provision -e machine_count="$1" -e machine_os="$2" -e machine_renew=true

# Register the machines of provision/machines.yml; `UPDATE=true just register` changes those that are registered
[group('machines')]
[no-exit-message]
register:
    @provision/pool register

# Build native binaries of both services, with GRAALVM_HOME or else in the builder's container
[group('deploy')]
[no-exit-message]
native *args:
    @tools/package/native "$@"

# Pack binaries, systemd units and Caddyfile into dist/; `just dist jvm` packs the JVM variant with its Java runtime
[group('deploy')]
[no-exit-message]
dist variant="native":
    @tools/package/dist "$1"

# Install or update the product on a Debian host ([USER@]HOST) by SSH, without Docker, from the newest package in dist/
[group('deploy')]
[no-exit-message]
deploy-host host *args:
    @provision/pool host "$@"

# Make a release: checks, .ci/run, version, dist/ with checksum and SBOM, tag; nothing is pushed (dry-run, tested, native)
[group('build')]
[no-exit-message]
release version *options:
    @tools/package/release "$@"
