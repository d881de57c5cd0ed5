package io.machinemanager.api.machine;

import java.time.Instant;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.machine.MachineFacts;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What a probe found out about a machine. What the machine did not tell is left out.
 *
 * @param foundAt when the probe was
 * @param kernel the release of its kernel
 * @param os its operating system, as the ID of {@code os-release(5)}
 * @param osVersion the VERSION_ID of the same
 * @param arch its hardware name, as {@code uname -m} prints it
 * @param cores how many processor cores it may use
 * @param memoryKib its memory, in KiB
 * @param diskKib the size of its root file system, in KiB
 * @param diskFreeKib how much of that is free, in KiB
 * @param load its load average over the last minute
 * @param guard the version of the guard that runs on it; left out while it is not lent
 */
@RegisterForReflection
@JsonInclude(Include.NON_NULL)
public record MachineFactsView(Instant foundAt, String kernel, String os, String osVersion, String arch, Long cores,
        Long memoryKib, Long diskKib, Long diskFreeKib, Double load, Long guard) {

    static MachineFactsView of(MachineFacts facts, Instant foundAt) {
        return facts == null
                ? null
                : new MachineFactsView(foundAt, facts.kernel(), facts.os(), facts.osVersion(), facts.arch(),
                        facts.cores(), facts.memoryKib(), facts.diskKib(), facts.diskFreeKib(), facts.load(),
                        facts.guard());
    }
}
