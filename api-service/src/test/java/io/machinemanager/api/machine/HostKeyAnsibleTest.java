package io.machinemanager.api.machine;

import static org.hamcrest.Matchers.containsString;

import jakarta.inject.Inject;

import org.hamcrest.Matcher;
import org.junit.jupiter.api.Tag;

import io.machinemanager.account.AccountDriver;
import io.machinemanager.account.ansible.AnsibleDriver;
import io.machinemanager.ssh.HostKeys;
import io.machinemanager.ssh.SshPublicKey;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.common.annotation.Identifier;

/** The same with Ansible, which takes seconds for each log-in. */
@Tag("deep")
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class HostKeyAnsibleTest extends HostKeyTest {

    @Inject
    @Identifier("ANSIBLE")
    AnsibleDriver ansible;

    @Override
    AccountDriver driver() {
        return ansible;
    }

    /** OpenSSH asks for the key of type Ed25519. */
    @Override
    Matcher<String> namesTheKeyOf(LabMachine machine) {
        return containsString(HostKeys.of(machine.hostKeys()).stream().filter(key -> key.type().equals("ssh-ed25519"))
                .findFirst().map(SshPublicKey::fingerprint).orElseThrow());
    }
}
