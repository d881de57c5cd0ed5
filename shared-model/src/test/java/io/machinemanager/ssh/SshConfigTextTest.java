package io.machinemanager.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.ssh.SshConfigText.Entry;

/** The text is read by the ssh of this host. */
class SshConfigTextTest {

    private static final String KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx";
    private static final String OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    private static final Entry LAB = new Entry("Lab-1", "lab.example.com", 2222, "alice", KEY);
    private static final Entry SIX = new Entry("six", "2001:db8::7", 22, "_4711", KEY + "\n" + OTHER);

    @TempDir
    Path folder;

    @Test
    void sshReadsWhatWasMeant() throws IOException {
        String file = folder.resolve("known 100% hosts").toString();
        String config = SshConfigText.config(List.of(LAB, SIX), file);

        assertThat(read(config, "Lab-1")).contains("hostname lab.example.com", "port 2222", "user alice",
                "hostkeyalias lab-1", "stricthostkeychecking true", "updatehostkeys false",
                "globalknownhostsfile /dev/null", "userknownhostsfile " + file);
        assertThat(read(config, "six")).contains("hostname 2001:db8::7", "port 22", "user _4711", "hostkeyalias six");
        assertThat(read(config, "another")).contains("hostname another", "stricthostkeychecking ask")
                .noneMatch(line -> line.startsWith("hostkeyalias"));
    }

    private List<String> read(String config, String host) throws IOException {
        Path file = Files.writeString(folder.resolve("config"), config);
        Process ssh = new ProcessBuilder("ssh", "-G", "-F", file.toString(), host).redirectErrorStream(true).start();
        return new String(ssh.getInputStream().readAllBytes()).lines().toList();
    }

    @Test
    void eachHostKeyIsALine() {
        assertThat(SshConfigText.knownHosts(List.of(LAB, SIX, new Entry("new", "h", 22, "a", null))))
                .isEqualTo("Lab-1 %1$s\nsix %1$s\nsix %2$s\n".formatted(KEY, OTHER));
        assertThat(SshConfigText.knownHosts(List.of())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "a*", "!a", "a b", "-oProxyCommand=id", "a\nProxyCommand id", "a\"b", "%h", "a,b",
            "ä", "#a", "|1|a", "@revoked", "${HOME}" })
    void valueWithAnotherMeaningToSshIsRefused(String value) {
        assertThatThrownBy(() -> new Entry(value, "h", 22, "alice", KEY)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name");
        assertThatThrownBy(() -> new Entry("m", value, 22, "alice", KEY)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("host");
        assertThatThrownBy(() -> new Entry("m", "h", 22, value, KEY)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("account");
        assertThatThrownBy(() -> new Entry("m", "h", 22, "alice", KEY + "\nx " + value))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a\nProxyCommand id", "a\" b", "a\\", "${HOME}/a" })
    void fileOfKnownHostsWithAnotherMeaningIsRefused(String file) {
        assertThatThrownBy(() -> SshConfigText.config(List.of(LAB), file)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void portOutOfRangeIsRefused() {
        assertThatThrownBy(() -> new Entry("m", "h", 0, "a", KEY)).isInstanceOf(IllegalArgumentException.class);
    }
}
