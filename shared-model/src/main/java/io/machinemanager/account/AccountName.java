package io.machinemanager.account;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The rule for names of accounts on machines. */
public final class AccountName {

    private static final Pattern PATTERN = Pattern.compile("[a-z_][a-z0-9_-]{0,31}");
    private static final Set<String> RESERVED = Set.of("root", "daemon", "bin", "sys", "sync", "games", "man", "lp",
            "mail", "news", "uucp", "proxy", "www-data", "backup", "list", "irc", "nobody", "sshd", "operator", "adm",
            "wheel", "sudo", "admin", "shutdown", "halt", "toor", "staff", "users", "shadow", "disk", "kmem", "tty",
            "utmp",
            "docker", "lxd", "incus", "libvirt", "kvm", "ssh", "cron", "nogroup", "messagebus", "polkitd", "dbus");

    private AccountName() {
    }

    /** What is wrong with a name, as one sentence; nothing when it may be used. */
    public static Optional<String> problemWith(String name) {
        if (!PATTERN.matcher(name).matches()) {
            return Optional.of("An account name has 1 to 32 characters of a-z, 0-9, _ and -, the first a letter or _.");
        }
        return RESERVED.contains(name)
                ? Optional.of("The account name %s belongs to the system.".formatted(name))
                : Optional.empty();
    }
}
