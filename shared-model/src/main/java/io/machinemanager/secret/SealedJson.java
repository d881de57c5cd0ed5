package io.machinemanager.secret;

import jakarta.enterprise.context.ApplicationScoped;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Values that are stored as encrypted JSON. Their types must be registered for reflection. */
@ApplicationScoped
public class SealedJson {

    private final SecretBox secrets;
    private final ObjectMapper json;

    SealedJson(SecretBox secrets, ObjectMapper json) {
        this.secrets = secrets;
        this.json = json;
    }

    /** Encrypts a value; {@code owner} as in {@link SecretBox#seal}. */
    public String seal(String owner, Object value) {
        return secrets.seal(owner, write(value));
    }

    /**
     * Decrypts a value.
     *
     * @throws IllegalStateException when it cannot be decrypted
     */
    public <T> T open(String owner, String sealed, Class<T> type) {
        try {
            return json.readValue(secrets.open(owner, sealed), type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Tells whether this is the encrypted JSON of an equal value. */
    public boolean matches(String owner, String sealed, Object value) {
        return secrets.open(owner, sealed).equals(write(value));
    }

    private String write(Object value) {
        try {
            return json.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
