package io.machinemanager.api.auth;

import io.quarkus.security.identity.request.BaseAuthenticationRequest;

/** The API key that a caller sent. */
class ApiKeyAuthenticationRequest extends BaseAuthenticationRequest {

    private final String secret;

    ApiKeyAuthenticationRequest(String secret) {
        this.secret = secret;
    }

    String secret() {
        return secret;
    }
}
