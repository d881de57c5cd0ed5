package io.machinemanager.audit;

import java.util.regex.Pattern;

/** Formats an entry as one log line of {@code name=value} pairs (logfmt). */
final class AuditRecord {

    /** Values that need no quotes. Other ones, such as a line break, could look like another pair or another line. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._:@/-]+");

    private final StringBuilder line = new StringBuilder("audit");

    private AuditRecord() {
    }

    static String of(AuditEntry entry) {
        return new AuditRecord().add("action", entry.action.code()).add("outcome", entry.outcome.code())
                .add("actor", entry.actor).add("api_key", entry.apiKey).add("address", entry.address)
                .add("target", entry.target).add("detail", entry.detail).line.toString();
    }

    private AuditRecord add(String name, String value) {
        if (value != null) {
            line.append(' ').append(name).append('=').append(PLAIN.matcher(value).matches() ? value : quoted(value));
        }
        return this;
    }

    private static String quoted(String value) {
        StringBuilder quoted = new StringBuilder("\"");
        value.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
            } else if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT || c == 0x2028
                    || c == 0x2029) {
                quoted.append("\\u%04x".formatted(c));
            } else {
                quoted.appendCodePoint(c);
            }
        });
        return quoted.append('"').toString();
    }
}
