package io.machinemanager.api.hostile;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Texts that mean something to somebody on the way: to a shell, Jinja, YAML, SQL, HTTP, a log, a path, a terminal. Where one
 * can run something, it makes a file in the canary folder.
 */
final class HostileValues {

    /** What begins a line of the log only if somebody could write one. */
    static final String FORGED = "2001-01-01 00:00:00,000 INFO  [forged] (main) FORGED";

    private final Set<String> all = new LinkedHashSet<>();
    private final Path canary;
    private int commands;

    private HostileValues(Path canary) {
        this.canary = canary;
    }

    /** All of them, more than 200. */
    static List<String> all(Path canary) {
        HostileValues values = new HostileValues(canary);
        values.shell();
        values.jinja();
        values.yamlAndAnsible();
        values.sql();
        values.lines();
        values.controls();
        values.unicode();
        values.paths();
        values.http();
        values.names();
        values.sizes();
        values.keys();
        return List.copyOf(values.all);
    }

    private void add(String... values) {
        all.addAll(List.of(values));
    }

    private String touch() {
        return "touch " + canary.resolve("file-" + commands++);
    }

    private void shell() {
        for (String frame : List.of("$(%s)", "`%s`", ";%s;", "|%s", "|| %s", "&& %s", "& %s &", "\n%s\n", "'; %s; '",
                "\"; %s; \"", "$(%s", "`%s", ">(%s)", "<(%s)", "${IFS}%s", "x\\\n%s", "$((`%s`))", "a[$(%s)]",
                "\\$(%s)",
                "'$(%s)'", "\"$(%s)\"", "\r\n%s\r\n", "#\n%s", "EOF\n%s\n", "x'\"`%s`\"'x", "() { :; }; %s", "%%s;%s",
                "-c '%s'", "!%s", "$'\\n%s'", "x && %s #", "{%s,}", "*;%s", "?`%s`", "~$(%s)", "\\\\$(%s)", "%s")) {
            add(frame.formatted(touch()));
            add(frame.formatted(touch()).replace(" ", "${IFS}"));
        }
        add("$HOME", "${PATH}", "$0", "$$", "$?", "!!", "~root", "*", "?", "[a-z]", "{a,b}", "\\", "'", "\"", "`", "&",
                "|", ";", "<", ">", "-", "--", "-rf", "--help", "-oProxyCommand=" + touch(),
                "-oProxyCommand=" + touch().replace(' ', '\t'), "-F/dev/stdin", "@/etc/passwd", "MM-BEGIN",
                "MM-RESULT DONE x",
                "\nMM-BEGIN\nREMOVE\nroot\n", "MM-BEGIN\nCREATE\nroot\n1\n");
    }

    private void jinja() {
        for (String frame : List.of("{{ lookup('pipe', '%s') }}", "{{ lookup('ansible.builtin.pipe', '%s') }}",
                "{%% set x = lookup('pipe', '%s') %%}", "{{ ''.__class__.__mro__[1].__subclasses__() }}%s",
                "{{ cycler.__init__.__globals__.os.popen('%s').read() }}", "{{ query('pipe', '%s') }}",
                "{{ self.__init__.__globals__.__builtins__.__import__('os').system('%s') }}",
                "{{ '%s' | ansible.builtin.shell }}", "${\"\".getClass().forName(\"java.lang.Runtime\")}%s",
                "#{T(java.lang.Runtime).getRuntime().exec('%s')}", "${jndi:ldap://127.0.0.1:1/%s}")) {
            add(frame.formatted(touch()));
        }
        add("{{ 7*7 }}", "{{7*7}}", "{% raw %}", "{#", "{{", "}}", "{%", "%}", "${7*7}", "#{7*7}", "<%= 7*7 %>",
                "{7*7}",
                "{{ hostvars }}", "{{ ansible_password }}", "{{ account_input }}", "{{ omit }}",
                "{{ undefined_name }}");
    }

    private void yamlAndAnsible() {
        add("!unsafe x", "!vault |", "!!python/object/apply:os.system ['" + touch() + "']",
                "!!javax.script.ScriptEngineManager []", "*alias", "&anchor x", "- x", "? x", "a: b", "a: b # c", "# c",
                "%YAML 1.2", "---", "...", "|", ">", "null", "~", "true", "yes", "no", "0x10", "0o17", "1e3", ".inf",
                "2001-01-01", "[x]", "{x: y}", "<<: *x", "@x", "ansible_connection=local",
                "x\n    ansible_connection: local", "x ansible_shell_executable=" + touch(), "localhost", "all",
                "ungrouped",
                "all:!x", "127.0.0.1,", "x[0:9]");
    }

    private void sql() {
        add("' OR '1'='1", "' OR 1=1 -- ", "\" OR \"\"=\"", "'; DROP TABLE machines; -- ", "'; DELETE FROM users; #",
                "1; UPDATE users SET is_admin=1", "' UNION SELECT password_hash FROM users -- ", "x' AND SLEEP(5) -- ",
                "admin'--", "admin'/*", "\\'; DROP TABLE users; -- ", "%", "_", "%%", "x%' ESCAPE '!", "?1", ":name",
                "1 OR 1=1", "(SELECT 1)", "0 or exists(select 1 from users)", "order by 1", "NULL", "\u02BC OR 1=1");
    }

    private void lines() {
        for (String end : List.of("\n", "\r", "\r\n", "\u0085", "\u2028", "\u2029", "\u000b", "\f", "\u0000\n", "%0a",
                "\\n", "\u240a", "\ue000\n")) {
            add("x" + end + FORGED, end + FORGED);
        }
        add("x\b\b\b\b" + FORGED, "\u001b[2K\r" + FORGED, "\u001b]0;title\u0007", "\u001b[31mred", "\u009b31m",
                "\u001bP" + FORGED + "\u001b\\");
    }

    private void controls() {
        for (int character = 0; character < 32; character++) {
            add("a" + (char) character + "b");
        }
        add("\u0000", "x\u0000", "\u0000x", "\u007f", "a\u0080b", "a\u009fb", " ", "  ", "\t", " x", "x ", "\n", "");
    }

    private void unicode() {
        add("\u202Eabc", "\u200Bx", "x\u200B", "\u2060x", "\uFEFFx", "\uFEFF", "\u00A0", "\u3000", "\uD83D", "\uDE00",
                "a\uD83Db",
                "\uDE00\uD83D", "😀", "\uD83D\uDE00".repeat(30), "е\u0301".repeat(20), "ａｄｍｉｎ", "аdmin", "admın",
                "ADMİN",
                "ﬁ", "ß", "K", "Å", "\u0041\u030A", "\uFFFD", "\uFFFE", "\uFFFF", "\uDBFF\uDFFF", "\u0600x",
                "z\u0300\u0301\u0302\u0303\u0304".repeat(20), "日本語", "العربية", "／etc／passwd", "．．／", "‥/", "＇ OR 1=1",
                "﹛﹛7*7﹜﹜", "｛｛7*7｝｝", "\u2066x\u2069", "\uE000", "\uDB40\uDC41", "ſudo", "ROOT\u0345");
    }

    private void paths() {
        add("../../etc/passwd", "..", ".", "/", "//", "/etc/shadow", "..\\..\\x", "a/b", "a/../b", "./x", "x/.", "~/x",
                "~",
                "file:///etc/passwd", "C:\\x", "\\\\host\\share", "%2e%2e%2f", "..%2f", "%252e%252e%252f", "%00",
                "x%00.y",
                "..;/", ";x=y", "x;jsessionid=1", "/proc/self/environ", "/dev/stdin", "con", "x?y", "x#y", "x&y=z",
                "x".repeat(100) + "/" + "y".repeat(100), "../".repeat(50), "..%c0%af", ".%00.");
    }

    private void http() {
        add("x\r\nSet-Cookie: forged=1", "x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nforged", "x\nLocation: http://127.0.0.1:1/",
                "x%0d%0aSet-Cookie:%20forged=1", "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>",
                "javascript:alert(1)", "<!--", "]]>",
                "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
                "{\"is_admin\":true}", "\",\"is_admin\":true,\"x\":\"", "[]", "{}", "*/*", "Bearer x",
                "Basic YWRtaW46YWRtaW4=",
                "http://127.0.0.1:1/", "//127.0.0.1", "127.0.0.1:22", "user@host", "[::1]", "::1%lo", "0x7f.1",
                "2130706433",
                "0177.0.0.1", "127.1", "*.x", "a..b", ".a", "a.", "-a", "a-", "_a", "a_");
    }

    private void names() {
        add("root", "daemon", "nobody", "sudo", "wheel", "ALL", "%sudo", "#0", "admin", "Admin", "ADMIN", "admin ",
                " admin",
                "administrator", "undefined", "None", "NaN", "Infinity", "-1", "0", "1", "-0", "1.5", "1e400",
                "99999999999999999999", "2147483648", "-2147483649", "9223372036854775808", "0x1", "١", "１", "rescan",
                "machine-manager-1", "../machine-manager", "probe");
    }

    private void sizes() {
        Stream.of(63, 64, 65, 128, 129, 255, 256, 257, 1000, 10_000, 60_000).map("x"::repeat).forEach(this::add);
        add("é".repeat(300), "😀".repeat(200), "(".repeat(5000), "a".repeat(40) + "!".repeat(40), "\n".repeat(500),
                "{".repeat(2000), "[".repeat(2000), "\"".repeat(1000), "\\".repeat(1001));
    }

    private void keys() {
        String key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx";
        List<String> keys = new ArrayList<>(List.of("command=\"" + touch() + "\" " + key, key + "\n" + key,
                "environment=\"LD_PRELOAD=/x\" " + key, key + "\n* " + key, "@cert-authority * " + key, key + " \u0000",
                "no-pty,command=\"" + touch() + "\" " + key, "ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAEB", "ssh-dss AAAA",
                "-----BEGIN OPENSSH PRIVATE KEY-----\n" + touch() + "\n-----END OPENSSH PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----\n\n-----END PRIVATE KEY-----", "../../../root/.ssh/id_rsa"));
        keys.forEach(this::add);
    }
}
