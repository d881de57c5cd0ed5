package io.machinemanager.api.login;

import io.quarkus.security.identity.request.BaseAuthenticationRequest;

/** An API key that somebody showed. */
class ShownApiKey extends BaseAuthenticationRequest {

    private final String secret;

    ShownApiKey(String secret) {
        this.secret = secret;
    }

    String secret() {
        return secret;
    }
}
