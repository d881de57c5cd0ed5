# Every workflow of the project. `./justw` runs this file where `just` is not installed.

set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

setup := "deploy/setup"
mvn := setup / "mvn"
need := setup / "need"

[private]
default:
    @'{{ just_executable() }}' --justfile '{{ justfile() }}' --list --unsorted

# Show the whole job on real parts, then stay up for you to try; --once ends by itself
[group('use')]
demo *args:
    @exec deploy/demo/demo "$@"

# Compile and package both services, without tests
[group('build')]
build *args:
    {{ mvn }} package -DskipTests "$@"

# Run every check and test
[group('build')]
test: lint
    #!/usr/bin/env bash
    set -euo pipefail
    {{ need }} mariadbd:mariadb-server ansible-playbook:ansible-core sshpass:sshpass ssh:openssh-client \
        mmdebstrap:mmdebstrap caddy:caddy python3:python3 gcc:gcc /usr/include/stdio.h:libc6-dev make:make bzip2:bzip2
    provision/lab/lab build busybox
    rm -rf */target/surefire-reports */target/failsafe-reports target/python-tests.log
    mkdir -p target
    status=0
    python3 -m unittest discover -s deploy/test -p '*_test.py' 2>&1 | tee target/python-tests.log || status=1
    {{ mvn }} verify --fail-at-end || status=1
    {{ setup }}/report || status=1
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

# Make machines to lend, as containers on this host: how many, and on which system (alpine, debian)
[group('machines')]
provision count="3" os="alpine":
    @provision/pool provision -e machine_count="$1" -e machine_os="$2"

# Remove the machines that provision made
[group('machines')]
unprovision:
    @provision/pool unprovision

# Make the machines anew, each with the password and host keys it had: their registration stays good
[group('machines')]
reprovision count="3" os="alpine":
    @provision/pool provision -e machine_count="$1" -e machine_os="$2" -e machine_renew=true

# Register the machines of provision/machines.yml; `UPDATE=true just register` changes those that are registered
[group('machines')]
register:
    @provision/pool register
