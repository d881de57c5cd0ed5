package io.machinemanager.api.openapi;

import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;

import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.UriInfo;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.api.polling.ConditionalResponse;
import io.quarkus.smallrye.openapi.runtime.OpenApiConstants;
import io.quarkus.smallrye.openapi.runtime.OpenApiDocumentService;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.openapi.runtime.io.Format;

/**
 * The API's own description. Quarkus makes it when the service is built, and would serve it without the API's errors,
 * conditions and limits.
 */
@Path("/openapi")
@Tag(name = "Description")
@Produces({MediaType.APPLICATION_JSON, OpenApiResource.YAML })
public class OpenApiResource {

    /** See RFC 9512. */
    static final String YAML = "application/yaml";

    private static final MediaType YAML_TYPE = new MediaType("application", "yaml");

    private final OpenApiDocumentService documents;

    OpenApiResource(OpenApiDocumentService documents) {
        this.documents = documents;
    }

    /** Serves the description. */
    @GET
    @PermitAll
    @NonBlocking
    @Operation(summary = "Describe the API as OpenAPI", description = "As JSON, or as YAML for `Accept: application/yaml`.")
    @Parameter(name = "format", in = ParameterIn.QUERY, description = "What to answer, whatever `Accept` says", schema = @Schema(type = SchemaType.STRING, enumeration = {
            "json", "yaml" }))
    @APIResponse(responseCode = "200", description = "This description", content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(type = SchemaType.OBJECT, additionalProperties = Schema.True.class)))
    public RestResponse<String> describe(@Context UriInfo uri, @Context HttpHeaders headers,
            @Context Request request) {
        Format format = QueryParameters.of(uri).oneOf("format", EnumSet.allOf(Format.class))
                .orElseGet(() -> accepted(headers.getAcceptableMediaTypes()));
        byte[] document = documents.getDocument(OpenApiConstants.DEFAULT_DOCUMENT_NAME, format);
        return ConditionalResponse
                .builder(request, new String(document, StandardCharsets.UTF_8), ConditionalResponse.tag(document))
                .type(format == Format.YAML ? YAML_TYPE : MediaType.APPLICATION_JSON_TYPE)
                .header(HttpHeaders.VARY, HttpHeaders.ACCEPT).build();
    }

    /** The types come with the preferred one first. */
    private static Format accepted(List<MediaType> types) {
        return types.stream().filter(type -> type.isCompatible(MediaType.APPLICATION_JSON_TYPE)
                || type.isCompatible(YAML_TYPE)).findFirst()
                .filter(type -> !type.isCompatible(MediaType.APPLICATION_JSON_TYPE))
                .map(type -> Format.YAML).orElse(Format.JSON);
    }
}
