package io.machinemanager.api.http;

import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;

import org.jboss.resteasy.reactive.server.ServerResponseFilter;

import io.machinemanager.error.ErrorCode;

/**
 * Names the methods of an address in the response to OPTIONS and in a 405. For OPTIONS the framework adds those of the
 * addresses below it, and for a 405 it names none.
 */
class AllowHeader {

    @ServerResponseFilter
    void add(ContainerRequestContext request, ContainerResponseContext response) {
        if (request.getMethod().equals(HttpMethod.OPTIONS)
                || response.getStatus() == ErrorCode.METHOD_NOT_ALLOWED.status()) {
            AllowedMethods.of(request.getUriInfo().getPath())
                    .ifPresent(methods -> response.getHeaders().putSingle(HttpHeaders.ALLOW, methods));
        }
    }
}
