package io.machinemanager.acceptance;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Looks for known secrets where none may be: as they are, in base64, hexadecimal, percent-encoded and escaped as in JSON.
 * While it runs, it reads the command lines and environments of all processes over and over, and the folder for temporary
 * files, where a secret may be only in a file that nobody else can read, in a folder that nobody else can enter.
 */
final class SecretHunt implements AutoCloseable {

    private static final int LARGEST_FILE = 4 << 20;

    private record Needle(String what, String text) {
    }

    private final List<Needle> needles = new CopyOnWriteArrayList<>();
    private final Set<String> found = new ConcurrentSkipListSet<>();
    private final Set<String> foundInPrivateFiles = new ConcurrentSkipListSet<>();
    private final Set<String> programs = new ConcurrentSkipListSet<>();
    private final ScheduledExecutorService watcher = Executors.newSingleThreadScheduledExecutor();
    private final Set<Long> knowing;
    private final Path temporary;

    /**
     * Starts to look at the processes and the folder.
     *
     * @param knowing processes whose environment rightly holds secrets
     */
    SecretHunt(Path temporary, Set<Long> knowing) {
        this.temporary = temporary;
        this.knowing = knowing;
        watcher.scheduleWithFixedDelay(this::look, 0, 20, TimeUnit.MILLISECONDS);
    }

    /** Looks for this secret too from now on. */
    String add(String what, String secret) {
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        Stream.of(latin(bytes), URLEncoder.encode(secret, StandardCharsets.UTF_8),
                URLEncoder.encode(secret, StandardCharsets.UTF_8).replace("+", "%20"), latin(escaped(secret)),
                HexFormat.of().formatHex(bytes), HexFormat.of().withUpperCase().formatHex(bytes)).distinct()
                .forEach(text -> needles.add(new Needle(what, text)));
        for (int shift = 0; shift < 3; shift++) {
            String text = base64(bytes, shift);
            needles.add(new Needle(what + " in base64", text));
            needles.add(new Needle(what + " in base64url", text.replace('+', '-').replace('/', '_')));
        }
        return secret;
    }

    private static byte[] escaped(String secret) {
        return secret.replace("\\", "\\\\").replace("\"", "\\\"").getBytes(StandardCharsets.UTF_8);
    }

    /** What base64 of a longer text holds of these bytes when they begin after a multiple of three bytes and some. */
    private static String base64(byte[] bytes, int shift) {
        byte[] shifted = new byte[bytes.length + shift];
        System.arraycopy(bytes, 0, shifted, shift, bytes.length);
        String text = Base64.getEncoder().withoutPadding().encodeToString(shifted);
        return text.substring((shift * 8 + 5) / 6, shifted.length * 8 / 6);
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Notes the secrets that are in a text. */
    void search(String where, String text) {
        found.addAll(in(latin(text.getBytes(StandardCharsets.UTF_8)), where));
    }

    private List<String> in(String latin, String where) {
        return needles.stream().filter(needle -> latin.contains(needle.text))
                .map(needle -> needle.what + " in " + where).distinct().toList();
    }

    /** Notes the secrets in all files of a folder and those below. */
    void searchFolder(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                found.addAll(in(read(file), folder.relativize(file).toString()));
            }
        }
    }

    private void look() {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            processes.filter(folder -> folder.getFileName().toString().matches("\\d+")).forEach(this::lookAtProcess);
        } catch (IOException e) {
            found.add("the processes could not be listed: " + e);
        }
        lookAtFiles(temporary);
    }

    private void lookAtProcess(Path folder) {
        long pid = Long.parseLong(folder.getFileName().toString());
        String command = read(folder.resolve("cmdline"));
        String readable = command.replace('\0', ' ').strip();
        programs.add(readable);
        found.addAll(in(command, "a command line"));
        if (pid != ProcessHandle.current().pid() && !knowing.contains(pid) && !isStarting(pid, command)) {
            String program = readable.substring(0, Math.min(40, readable.length()));
            found.addAll(in(read(folder.resolve("environ")), "the environment of " + program));
        }
    }

    /** The JVM has a child of its own start a program, by another one: for a moment each of them is what the service is. */
    private boolean isStarting(long pid, String command) {
        return command.split("\0", 2)[0].endsWith("/jspawnhelper")
                || ProcessHandle.of(pid).flatMap(ProcessHandle::parent).map(ProcessHandle::pid)
                        .filter(knowing::contains)
                        .filter(parent -> command.equals(read(Path.of("/proc", parent.toString(), "cmdline"))))
                        .isPresent();
    }

    private void lookAtFiles(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.forEach(this::lookAtFile);
        } catch (IOException | RuntimeException e) {
            // the folder of a run went while it was looked at
        }
    }

    private void lookAtFile(Path file) {
        try {
            if (Files.isRegularFile(file)) {
                boolean hidden = PosixFilePermissions.toString(Files.getPosixFilePermissions(file)).equals("rw-------")
                        && PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent()))
                                .equals("rwx------");
                (hidden ? foundInPrivateFiles : found).addAll(in(read(file), "a file"));
            }
        } catch (IOException e) {
            // it has just gone
        }
    }

    /** What can be read; a process or file may end or go meanwhile, and large files are no place for secrets. */
    private static String read(Path file) {
        try (var input = Files.newInputStream(file)) {
            return latin(input.readNBytes(LARGEST_FILE));
        } catch (IOException e) {
            return "";
        }
    }

    /** Where which secret was found, without the secret. */
    Set<String> found() {
        return found;
    }

    /** Which secrets were in files that only the service can read. */
    Set<String> foundInPrivateFiles() {
        return foundInPrivateFiles;
    }

    /** The command lines that were seen. */
    Set<String> programs() {
        return programs;
    }

    @Override
    public void close() {
        watcher.close();
    }
}
