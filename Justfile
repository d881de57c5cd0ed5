# Every workflow of the project. `./justw` runs this file where `just` is not installed.

set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

mvn := "tools/setup/mvn"
need := "tools/setup/need"

[private]
default:
    @'{{ just_executable() }}' --justfile '{{ justfile() }}' --list --unsorted

# Show the whole product with real parts, then keep it running for you to try; with --once it ends by itself
[group('use')]
[no-exit-message]
demo *args:
    @exec tools/demo/demo "$@"

# Compile and package both services, without tests
[group('build')]
build *args:
    {{ mvn }} package -DskipTests "$@"

# Run all checks and tests except long ones; with Maven arguments only its tests: -pl shared-model -Dtest=BackOffTest
[group('build')]
[no-exit-message]
test *args: lint
    @exec tools/test/run "$@"

# Run one Java test class, or a method of it: test-one BackOffTest, test-one StopIT#name
[group('build')]
[no-exit-message]
test-one class:
    @exec tools/test/one "$1"

# Run all tests, including tests too long for CI: tests tagged deep, 10 minutes of chaos, expiry of 1,000 reservations
[group('build')]
[no-exit-message]
test-all:
    @'{{ just_executable() }}' --justfile '{{ justfile() }}' lint
    @tools/test/run --with-deep
    @tools/chaos/chaos minutes=10 driver=both patience=3
    @tools/bench/bench only=expiry rows=1000

# Inject faults repeatedly, and check that no machine is lent twice and no account is left over: minutes=3 seed=N
[group('build')]
[no-exit-message]
chaos *args:
    @exec tools/chaos/chaos "$@"

# Measure speed and memory beside a baseline of the same run, and print one table: quick only=ssh,requests json=FILE
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

# Look up known advisories for all libraries; without a network, list the libraries with newer releases
[group('build')]
[no-exit-message]
audit:
    @{{ need }} python3:python3
    @tools/package/audit

# Bring the sources into the project's format
[group('build')]
format:
    {{ mvn }} --quiet process-sources -Dformat.goal=format -Dimports.goal=sort

# Remove everything that the recipes made here, also the data; lists the losses and asks (`just clean yes` does not ask)
[group('build')]
[no-exit-message]
clean *yes:
    @deploy/stack clean "$@"

# Write deploy/.env with new secrets; an existing file stays unchanged
[group('deploy')]
init:
    @deploy/stack init

# Build and start the product with Docker Compose; scale=3 starts three API processes, schedulers=2 two schedulers
[group('deploy')]
[no-exit-message]
run *args:
    @deploy/stack run "$@"

# Start the product with live reload: both services run from the sources of this checkout
[group('deploy')]
[no-exit-message]
run-dev *args:
    @deploy/stack run-dev "$@"

# Stop the product's containers and keep all data; `just run` starts them again
[group('deploy')]
[no-exit-message]
stop:
    @deploy/stack stop

# Follow the logs of all containers, or of the named services (db, api, scheduler, proxy)
[group('deploy')]
[no-exit-message]
logs *services:
    @deploy/stack logs "$@"

# Dump the database to backups/ or to the given file, while the services run
[group('deploy')]
[no-exit-message]
backup *file:
    @deploy/stack backup "$@"

# Replace the database with a backup; asks first (`just restore FILE yes` does not ask)
[group('deploy')]
[no-exit-message]
restore *file:
    @deploy/stack restore "$@"

# Create machines to lend, as containers on this host: 3 debian reset=true (root for users, anew after each of them)
[group('machines')]
[no-exit-message]
provision *args:
    @provision/pool provision "$@"

# Remove the machines that `just provision` created; lists them and asks first (`just unprovision yes` does not ask)
[group('machines')]
[no-exit-message]
unprovision *yes:
    @provision/pool unprovision "$@"

# Create the machines again, each with the same system, password and host keys, so that its registration stays valid
[group('machines')]
[no-exit-message]
reprovision count="3" os="alpine":
    @provision/pool provision "$1" "$2" -e machine_renew=true

# Register the machines of provision/machines.yml; `UPDATE=true just register` also changes registered machines
[group('machines')]
[no-exit-message]
register:
    @provision/pool register

# Build native binaries of both services, with GRAALVM_HOME or, if it is not set, in the builder's container
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

# Make a release: checks, .ci/run, version, dist/ with checksum and SBOM, tag; pushes nothing (dry-run, tested, native)
[group('build')]
[no-exit-message]
release version *options:
    @tools/package/release "$@"
