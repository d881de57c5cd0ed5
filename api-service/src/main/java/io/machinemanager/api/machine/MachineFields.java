package io.machinemanager.api.machine;

import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.group.GroupName;
import io.machinemanager.group.MachineGroup;
import io.machinemanager.machine.Labels;
import io.machinemanager.ssh.Host;
import io.machinemanager.ssh.HostKeys;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.ssh.SshLoginRules;
import io.machinemanager.ssh.SshPrivateKey;

/** The fields with which a machine is registered and changed alike, and their rules. */
sealed interface MachineFields permits MachineRegistration, MachineUpdate {

    String host();

    Integer port();

    String user();

    String password();

    String privateKey();

    Map<String, String> labels();

    /** The SSH host keys that are given; null when the machine is asked for them. */
    String givenHostKey();

    /** The names of the groups that it is for; null when they are not given. */
    List<String> groups();

    /** Checks the fields that are given. */
    default FieldCheck checkGiven(FieldCheck check) {
        return check.optional("host", host(), Host::problemWith)
                .optional("port", port(), SshLoginRules::problemWithPort)
                .optional("user", user(), SshLoginRules::problemWithUser)
                .optional("password", password(), SshLoginRules::problemWithPassword)
                .optional("private_key", privateKey(), SshPrivateKey::problemWith)
                .optional("host_key", givenHostKey(), HostKeys::problemWith)
                .optional("groups", groups(), MachineFields::problemWithGroups)
                .optional("labels", labels(), Labels::problemWith);
    }

    private static Optional<String> problemWithGroups(List<String> names) {
        return names.size() > MachineGroup.MOST
                ? Optional.of("A machine names at most %d groups.".formatted(MachineGroup.MOST))
                : names.stream().map(GroupName::problemWith).flatMap(Optional::stream).findFirst();
    }

    /** What the service logs in with; null when neither a password nor a private key is given. */
    default SshCredentials login() {
        return password() == null && privateKey() == null
                ? null
                : new SshCredentials(password(), privateKey() == null ? null : SshPrivateKey.normalise(privateKey()));
    }

    /** The SSH host keys that are given, in the form in which they are stored; null when there are none. */
    default String hostKeys() {
        return givenHostKey() == null ? null : HostKeys.parse(givenHostKey());
    }
}
