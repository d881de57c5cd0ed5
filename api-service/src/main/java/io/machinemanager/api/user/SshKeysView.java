package io.machinemanager.api.user;

import java.util.List;

import jakarta.ws.rs.core.Request;

import org.jboss.resteasy.reactive.RestResponse;

import io.machinemanager.api.polling.ConditionalResponse;
import io.machinemanager.user.UserSshKey;

/**
 * The SSH public keys of a user. What a GET answers may be sent back by a PUT.
 *
 * @param keys the keys, by name
 */
public record SshKeysView(List<SshKeyView> keys) {

    static SshKeysView of(List<UserSshKey> keys) {
        return new SshKeysView(keys.stream().map(SshKeyView::of).toList());
    }

    RestResponse<SshKeysView> answer(Request request) {
        return ConditionalResponse.of(request, this, keys.stream());
    }

    /** Refuses a change when the request is for another version than this one. */
    void check(Request request) {
        ConditionalResponse.check(request, keys.stream());
    }
}
