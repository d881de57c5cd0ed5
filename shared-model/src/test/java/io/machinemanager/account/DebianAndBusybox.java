package io.machinemanager.account;

import java.io.IOException;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

import io.machinemanager.testing.Lab;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/** Tests on a machine with Debian and one with busybox, and with the key of a user. */
abstract class DebianAndBusybox extends EachDriver {

    static UserKey key;

    private static Lab busybox;

    @BeforeAll
    static void start() throws IOException {
        lab = Lab.start(1);
        busybox = Lab.start(1, Flavour.BUSYBOX);
        key = UserKey.generate(workDir);
    }

    @AfterAll
    static void stopBusybox() {
        busybox.close();
    }

    static LabMachine machine(Flavour flavour) {
        return (flavour == Flavour.BUSYBOX ? busybox : lab).machine(0);
    }

    /** Work that makes an account into which {@link #key} lets, and no password. */
    static AccountResult createWithKey(LabMachine machine, String account, long token, boolean sudo) {
        return create(machine, account, token, new AccountLogin(AccountPassword.NONE, key.publicKey(), sudo));
    }

    static AccountResult create(LabMachine machine, String account, long token, AccountLogin login) {
        return work.result(new AccountTask(machine.target(), AccountTask.Action.CREATE, account, token, login));
    }
}
