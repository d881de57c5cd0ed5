package io.machinemanager.account;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The rule for names of accounts on machines, and the default name for a user. Here, only the names of system accounts are
 * refused. The machine itself refuses a name that exists there, or that has rights there.
 */
public final class AccountName {

    private static final int MAX_LENGTH = 32;
    private static final Pattern PATTERN = Pattern.compile("[a-z_][a-z0-9_-]{0,31}");
    /**
     * Names of system accounts and groups. A machine without such a name may get it while the machine is reserved, together
     * with software that gives rights to the account or group of that name.
     */
    private static final Set<String> RESERVED = Set.of("root", "daemon", "bin", "sys", "sync", "games", "man", "lp",
            "mail", "news", "uucp", "proxy", "www-data", "backup", "list", "irc", "nobody", "sshd", "operator", "adm",
            "wheel", "sudo", "shutdown", "halt", "toor", "staff", "users", "shadow", "disk", "kmem", "tty", "utmp",
            "docker", "lxd", "incus", "incus-admin", "libvirt", "kvm", "ssh", "cron", "nogroup", "messagebus",
            "polkitd", "dbus");

    private AccountName() {
    }

    /**
     * The default name for a user: the user's own name, or a name made of it when that is not allowed. So
     * {@code Bob@example.com} becomes {@code bob-example-com}, {@code 4711} becomes {@code _4711} and {@code root} becomes
     * {@code _root}. Two users may get the same name.
     *
     * @param user the name of a user, at least one character
     */
    public static String madeOf(String user) {
        String name = user.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]", "-");
        String started = PATTERN.matcher(name.substring(0, 1)).matches() && !RESERVED.contains(name)
                ? name
                : "_" + name;
        return started.substring(0, Math.min(MAX_LENGTH, started.length()));
    }

    /** Says in one sentence what is wrong with a name; empty when it may be used. */
    public static Optional<String> problemWith(String name) {
        if (!PATTERN.matcher(name).matches()) {
            return Optional.of("An account name has 1 to 32 characters of a-z, 0-9, _ and -, the first a letter or _.");
        }
        return RESERVED.contains(name)
                ? Optional
                        .of("The account name %s belongs to the system; give another one as username.".formatted(name))
                : Optional.empty();
    }
}
