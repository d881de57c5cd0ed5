package io.machinemanager.api.group;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.group.MachineAccess;
import io.machinemanager.group.MachineAccessCache;
import io.machinemanager.user.UserStatus;
import io.quarkus.virtual.threads.VirtualThreads;

/** Tells which machines a caller may see, for calls that are polled. */
@ApplicationScoped
public class VisibleMachines {

    private final MachineAccessCache cache;
    private final ExecutorService threads;

    VisibleMachines(MachineAccessCache cache, @VirtualThreads ExecutorService threads) {
        this.cache = cache;
        this.threads = threads;
    }

    /** What a caller may see; admins see all. The caller's thread never waits. */
    public CompletionStage<MachineAccess> of(UserStatus caller) {
        if (caller.admin()) {
            return CompletableFuture.completedStage(MachineAccess.ALL);
        }
        return cache.recent(caller.userId()).map(CompletableFuture::completedStage)
                .orElseGet(() -> CompletableFuture.supplyAsync(() -> cache.load(caller.userId()), threads));
    }
}
