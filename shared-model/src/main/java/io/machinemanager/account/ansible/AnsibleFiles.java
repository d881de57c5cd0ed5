package io.machinemanager.account.ansible;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.AccountScript;
import io.machinemanager.account.process.PrivateFiles;
import io.quarkus.logging.Log;

/**
 * A private folder from which Ansible runs. It has files, such as plugins, unpacked from the resources, and a folder for
 * each run, which holds machine passwords and is deleted after the run. The folder of a service that was killed
 * is deleted by the next service that unpacks its own.
 */
public final class AnsibleFiles implements AutoCloseable {

    private static final String PREFIX = "machine-manager-";
    /** The folders of this process. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();
    private static final String LOCK_FILE = "owner.lock";

    private final Path parent;
    private final String source;
    private final List<String> resources;
    private Path folder;
    private FileChannel lock;

    /**
     * @param parent the folder for the private folder; it is made when it is missing
     * @param source the folder of the resources, such as {@code /account/}
     * @param resources their names, relative to that folder
     */
    public AnsibleFiles(Path parent, String source, List<String> resources) {
        this.parent = parent.toAbsolutePath();
        this.source = source;
        this.resources = resources;
    }

    /** The folder for the private folder, by {@code ANSIBLE_WORK_DIR}. */
    public static Path parentOf(AccountConfig config) {
        return config.workDir().orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
    }

    /**
     * Makes the folder of a run.
     *
     * @return an empty folder in the folder of the unpacked files
     * @throws IOException when the disk is full or cannot be written
     */
    public Path newRun() throws IOException {
        return PrivateFiles.newFolder(unpacked(), "run-");
    }

    private synchronized Path unpacked() throws IOException {
        // A cleaner of temporary files may have deleted some since the last run.
        if (folder == null || !resources.stream().allMatch(name -> Files.exists(folder.resolve(name)))) {
            close();
            deleteAbandoned();
            unpack();
        }
        return folder;
    }

    private void unpack() throws IOException {
        PrivateFiles.makeFolders(parent);
        folder = PrivateFiles.newFolder(parent, PREFIX);
        OWN.add(folder);
        try {
            lock();
            for (String name : resources) {
                Path file = folder.resolve(name);
                PrivateFiles.makeFolders(file.getParent());
                PrivateFiles.write(file, content(name));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private byte[] content(String name) throws IOException {
        if (name.equals(AccountScript.RESOURCE)) {
            return AccountScript.text();
        }
        try (InputStream resource = AnsibleFiles.class.getResourceAsStream(source + name)) {
            return resource.readAllBytes();
        }
    }

    /** The lock shows other services that this one is alive. The file gets its name only once it is locked. */
    private void lock() throws IOException {
        Path unlocked = folder.resolve("owner.new");
        lock = FileChannel.open(unlocked, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        lock.lock();
        Files.move(unlocked, folder.resolve(LOCK_FILE));
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
        // Closing any channel of a file ends the locks of this process on it (see fcntl(2)).
        if (OWN.contains(other)) {
            return;
        }
        Path file = other.resolve(LOCK_FILE);
        if (!Files.isWritable(file)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            if (channel.tryLock() != null) {
                PrivateFiles.delete(other);
            }
        } catch (OverlappingFileLockException e) {
            Log.debugf("%s belongs to this process", other);
        } catch (IOException e) {
            Log.warnf("The folder %s of an earlier run could not be removed: %s", other, e.getMessage());
        }
    }

    /** Deletes the folder. The next run makes it again. */
    @Override
    public synchronized void close() {
        try {
            if (folder != null) {
                OWN.remove(folder);
                PrivateFiles.delete(folder);
            }
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            Log.warnf("The folder %s could not be removed: %s", folder, e.getMessage());
        }
        folder = null;
        lock = null;
    }
}
