# Every workflow of the project. `./justw` runs this file where `just` is not installed.

set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

mvn := "deploy/setup/mvn"
need := "deploy/setup/need"

[private]
default:
    @'{{ just_executable() }}' --justfile '{{ justfile() }}' --list --unsorted

# Compile and package both services, without tests
[group('build')]
build *args:
    {{ mvn }} package -DskipTests "$@"

# Run every check and test; arguments go to Maven, e.g. -pl shared-model -am
[group('build')]
test *args: lint
    #!/usr/bin/env bash
    set -euo pipefail
    {{ need }} mariadbd:mariadb-server ansible-playbook:ansible-core sshpass:sshpass ssh:openssh-client mmdebstrap:mmdebstrap
    rm -rf */target/surefire-reports */target/failsafe-reports
    status=0
    {{ mvn }} verify --fail-at-end "$@" || status=$?
    deploy/setup/report || status=1
    exit "$status"

# Check the shell scripts
[group('build')]
lint:
    @{{ need }} shellcheck:shellcheck
    @grep -rlIE '^#!(/usr/bin/env bash|/bin/(ba)?sh)' --exclude-dir=target --exclude-dir=.git . | sort | xargs shellcheck --external-sources
    @echo "shellcheck: the scripts are clean"

# Bring the sources into the project's format
[group('build')]
format:
    {{ mvn }} --quiet process-sources -Dformat.goal=format -Dimports.goal=sort

# Remove what the build made
[group('build')]
clean:
    rm -rf target */target
