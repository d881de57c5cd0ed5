package io.machinemanager.api.auth;

import io.quarkus.security.identity.request.BaseAuthenticationRequest;

/** An API key that somebody showed. */
class ApiKeyAuthenticationRequest extends BaseAuthenticationRequest {

    private final String secret;

    ApiKeyAuthenticationRequest(String secret) {
        this.secret = secret;
    }

    String secret() {
        return secret;
    }
}
