package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.testing.Deep;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/** Accounts with an end, and what the guard of their machine does. */
abstract class GuardTestBase extends DebianAndBusybox {

    static final long REQUEST = 4711;

    /** Both systems with the deep tests, else Debian. */
    static Stream<Flavour> flavours() {
        return Deep.isIncluded() ? Stream.of(Flavour.DEBIAN, Flavour.BUSYBOX) : Stream.of(Flavour.DEBIAN);
    }

    static final String STATE = "/var/lib/machine-manager/";

    /** An end after so many seconds, with the same grace and these warnings. */
    static AccountEnd end(long seconds, long grace, long... warnings) {
        return new AccountEnd(Instant.parse("2031-05-06T07:08:09Z"), System.nanoTime() + seconds * 1_000_000_000L,
                REQUEST, Duration.ofSeconds(grace),
                LongStream.of(warnings).mapToObj(Duration::ofSeconds).toList());
    }

    static AccountTask creation(LabMachine machine, String account, long token, AccountEnd end) {
        return new AccountTask(machine.target(), Action.CREATE, account, token,
                new AccountLogin(AccountWork.HASH, key.publicKey(), false), Optional.of(end));
    }

    static AccountResult create(LabMachine machine, String account, long token, AccountEnd end) {
        return work.result(creation(machine, account, token, end));
    }

    static AccountResult moveEnd(LabMachine machine, String account, long token, AccountEnd end) {
        return work.result(new AccountTask(machine.target(), Action.END, account, token, null,
                Optional.ofNullable(end)));
    }

    /** The process ids of the guards of a machine. */
    static List<String> guards(LabMachine machine) {
        return machine.exec("sh", "-c", "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline | grep -q '^/bin/sh "
                + STATE + "guard *$' && echo ${p#/proc/}; done").output().lines().toList();
    }

    static boolean hasFile(LabMachine machine, String name) {
        return machine.exec("test", "-e", name.startsWith("/") ? name : STATE + name).status() == 0;
    }

    /** What the guard goes by for an account: token, end, boot, and more. */
    static List<String> noted(LabMachine machine, String account) {
        return List.of(machine.lines(STATE + "ends/" + account).getFirst().split(" "));
    }

    /** How many seconds a probe says that are left; null when it does not know. */
    static Long secondsLeft(LabMachine machine, String account) {
        return work.result(AccountTask.probe(machine.target())).secondsLeft().get(account);
    }

    /** The day on which an account expires, in days since 1970; empty for never. */
    static String expiryDay(LabMachine machine, String account) {
        return machine.lines("/etc/shadow").stream().filter(line -> line.startsWith(account + ":")).findFirst()
                .orElseThrow().split(":", -1)[7];
    }

    /** The day after the one that is so many seconds from now, by the clock of the machine. */
    static String dayAfter(LabMachine machine, long seconds) {
        long clock = Long.parseLong(machine.exec("date", "+%s").output().strip());
        return Long.toString((clock + seconds) / 86_400 + 1);
    }

    /** Waits until the guard has checked all accounts anew. */
    static void awaitRound(LabMachine machine) {
        for (int i = 0; i < 2; i++) {
            String before = turn(machine);
            soon().until(() -> !turn(machine).equals(before));
        }
    }

    /** The command in which the guard waits: another one in each round. */
    static String turn(LabMachine machine) {
        return machine.exec("sh", "-c", "cat /proc/$(cut -d' ' -f1 " + STATE + "guard.pid)/task/*/children").output();
    }

    /** The guard checks all ends every five seconds. */
    static ConditionFactory soon() {
        return Awaitility.await().atMost(Duration.ofSeconds(40));
    }

    static void assertNoGuardIsLeft(LabMachine machine) {
        soon().until(() -> guards(machine).isEmpty());
        soon().until(() -> !hasFile(machine, "guard") && !hasFile(machine, "guard.pid"));
    }

    /** By password and by key. */
    static void assertLetsIn(LabMachine machine, String account) throws IOException, InterruptedException {
        assertThat(AccountWork.login(machine, account).works()).isTrue();
        assertThat(key.run(machine, account, "id -un")).isEqualTo(account + "\n");
    }
}
