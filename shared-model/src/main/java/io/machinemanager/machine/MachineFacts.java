package io.machinemanager.machine;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

import io.machinemanager.selector.LabelSyntax;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What the last probe found out about a machine. A machine can send anything, so a value that is not valid is null, as is
 * one that is not known.
 *
 * @param kernel the release of its kernel
 * @param os its operating system, as the ID of {@code os-release(5)}
 * @param osVersion the VERSION_ID of the same
 * @param arch its hardware name, as {@code uname -m} prints it
 * @param cores how many processor cores it may use
 * @param memoryKib its memory, in KiB
 * @param diskKib the size of its root file system, in KiB
 * @param diskFreeKib how much of that is free, in KiB
 * @param load its load average over the last minute
 * @param guard the version of the guard; null while no guard runs there, as on a machine that is not lent
 */
@RegisterForReflection // Jackson is called by hand
@JsonInclude(Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true) // those of a later version of the service
public record MachineFacts(String kernel, String os, String osVersion, String arch, Long cores, Long memoryKib,
        Long diskKib, Long diskFreeKib, Double load, Long guard) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,14}");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}\\.[0-9]{1,6}");

    /** The facts of a probe, see {@link io.machinemanager.account.AccountResult#facts()}. */
    public static MachineFacts of(Map<String, String> found) {
        return new MachineFacts(text(found, "kernel"), text(found, "os"), text(found, "os_version"),
                text(found, "arch"), number(found, "cores"), number(found, "memory"), number(found, "disk"),
                number(found, "disk_free"),
                match(found, "load", DECIMAL).map(Double::valueOf).orElse(null), number(found, "guard"));
    }

    private static String text(Map<String, String> found, String name) {
        return Optional.ofNullable(found.get(name)).filter(LabelSyntax::isValue).orElse(null);
    }

    private static Long number(Map<String, String> found, String name) {
        return match(found, name, NUMBER).map(Long::valueOf).orElse(null);
    }

    private static Optional<String> match(Map<String, String> found, String name, Pattern pattern) {
        return Optional.ofNullable(found.get(name)).filter(value -> pattern.matcher(value).matches());
    }

    /** The facts as JSON, for the database. */
    public String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads what {@link #toJson} wrote. */
    public static MachineFacts read(String json) {
        try {
            return JSON.readValue(json, MachineFacts.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
