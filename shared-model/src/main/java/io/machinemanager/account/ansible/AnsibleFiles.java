package io.machinemanager.account.ansible;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

import io.machinemanager.account.AccountScript;
import io.machinemanager.account.process.PrivateFiles;
import io.quarkus.logging.Log;

/**
 * The private folder from which Ansible runs: the playbook and what belongs to it, unpacked from the resources, and a
 * folder for each run, which holds machine passwords and is gone with the run. What a killed service has left behind is
 * removed by the next one that starts.
 */
final class AnsibleFiles implements AutoCloseable {

    private static final String PREFIX = "machine-manager-";
    private static final String OWNER = "owner.lock";
    private static final List<String> RESOURCES = List.of("ansible.cfg", "ssh_config", "accounts.yml",
            AccountScript.RESOURCE, "action_plugins/account_script.py", "callback_plugins/result_lines.py");

    private final Path parent;
    private Path folder;
    private FileChannel owner;

    /**
     * @param parent where the private folder is made; it is made itself when it is missing
     */
    AnsibleFiles(Path parent) {
        this.parent = parent.toAbsolutePath();
    }

    /**
     * Makes the folder of a run.
     *
     * @return an empty folder directly in that of the playbook
     * @throws IOException when the disk is full or not writable
     */
    Path newRun() throws IOException {
        return PrivateFiles.newFolder(unpacked(), "run-");
    }

    private synchronized Path unpacked() throws IOException {
        // A cleaner of temporary folders may have been here since the last run.
        if (folder == null || !RESOURCES.stream().allMatch(name -> Files.exists(folder.resolve(name)))) {
            close();
            deleteAbandoned();
            unpack();
        }
        return folder;
    }

    private void unpack() throws IOException {
        PrivateFiles.makeFolders(parent);
        folder = PrivateFiles.newFolder(parent, PREFIX);
        try {
            own();
            for (String name : RESOURCES) {
                Path file = folder.resolve(name);
                PrivateFiles.makeFolders(file.getParent());
                try (InputStream resource = AnsibleFiles.class.getResourceAsStream("/account/" + name)) {
                    PrivateFiles.write(file, resource.readAllBytes());
                }
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** The lock shows others that we live. Its file gets its name only once it is locked. */
    private void own() throws IOException {
        Path unlocked = folder.resolve("owner.new");
        owner = FileChannel.open(unlocked, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        owner.lock();
        Files.move(unlocked, folder.resolve(OWNER));
    }

    private void deleteAbandoned() throws IOException {
        if (!Files.isDirectory(parent)) {
            return;
        }
        try (var others = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path other : others) {
                deleteIfAbandoned(other);
            }
        }
    }

    private static void deleteIfAbandoned(Path other) {
        Path lock = other.resolve(OWNER);
        if (!Files.isWritable(lock)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE)) {
            if (channel.tryLock() != null) {
                PrivateFiles.delete(other);
            }
        } catch (OverlappingFileLockException e) {
            Log.debugf("%s belongs to this process", other);
        } catch (IOException e) {
            Log.warnf("The folder %s of an earlier run could not be removed: %s", other, e.getMessage());
        }
    }

    /** Removes the folder. It is made anew when it is needed again. */
    @Override
    public synchronized void close() {
        try {
            if (folder != null) {
                PrivateFiles.delete(folder);
            }
            if (owner != null) {
                owner.close();
            }
        } catch (IOException e) {
            Log.warnf("The folder %s could not be removed: %s", folder, e.getMessage());
        }
        folder = null;
        owner = null;
    }
}
