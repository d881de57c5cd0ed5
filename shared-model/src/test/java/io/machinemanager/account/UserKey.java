package io.machinemanager.account;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import io.machinemanager.testing.LabMachine;

/**
 * A key pair with which a user logs in to an account.
 *
 * @param file the private key
 * @param publicKey the public key, {@code type base64}
 */
record UserKey(Path file, String publicKey) {

    /** Makes a new key pair in a folder. */
    static UserKey generate(Path folder) throws IOException {
        return generate(folder, "key");
    }

    /** Makes a new key pair in a file of a folder. */
    static UserKey generate(Path folder, String name) throws IOException {
        Path file = folder.resolve(name);
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file.toString());
        String[] words = Files.readString(folder.resolve(name + ".pub")).split(" ");
        return new UserKey(file, words[0] + " " + words[1]);
    }

    /** The output of a command after a log-in with the key; empty when there is no log-in. */
    String run(LabMachine machine, String account, String command) throws IOException {
        return run("ssh", "-F", "none", "-i", file.toString(), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o",
                "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-p",
                Integer.toString(machine.port()), account + "@" + machine.host(), command);
    }

    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        process.getOutputStream().close();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
