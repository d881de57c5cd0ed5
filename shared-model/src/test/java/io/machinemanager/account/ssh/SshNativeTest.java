package io.machinemanager.account.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

import org.junit.jupiter.api.Test;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.jcraft.jsch.JSch;

/** JSch loads its algorithms by class name, so each must be registered for the native image. */
class SshNativeTest {

    private static final String METADATA = "/META-INF/native-image/io.machinemanager/jsch/reachability-metadata.json";

    @Test
    void eachClassThatJschLoadsByNameIsRegistered() throws IOException {
        Set<String> wanted = new TreeSet<>(JSch.getConfig().values().stream().filter(Objects::nonNull)
                .flatMap(value -> List.of(value.split(",")).stream()).filter(SshNativeTest::isLoadable).toList());

        assertThat(wanted).isNotEmpty();
        assertThat(registered()).containsAll(wanted);
    }

    @Test
    void registeredClassesExist() throws IOException {
        assertThat(registered()).isNotEmpty().allMatch(SshNativeTest::isLoadable);
    }

    private static Set<String> registered() throws IOException {
        Set<String> types = new TreeSet<>();
        try (InputStream json = SshNativeTest.class.getResourceAsStream(METADATA)) {
            new ObjectMapper().readTree(json).get("reflection").forEach(type -> types.add(type.get("type").asText()));
        }
        return types;
    }

    /** Classes of the package bc need Bouncy Castle, which is not on the class path. JSch works without them. */
    private static boolean isLoadable(String name) {
        try {
            return name.startsWith("com.jcraft.jsch.") && !name.startsWith("com.jcraft.jsch.bc.")
                    && Class.forName(name) != null;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }
}
