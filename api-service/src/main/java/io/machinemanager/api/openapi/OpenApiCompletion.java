package io.machinemanager.api.openapi;

import java.util.List;

import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;

import io.quarkus.smallrye.openapi.OpenApiFilter;

/**
 * Completes the API's description with what annotations cannot say: that each call may get an error response and what that
 * looks like, that the alternatives given for a list are alternatives of its items, and examples.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class OpenApiCompletion implements OASFilter {

    private static final String SCHEMA = "Error";

    @Override
    public Operation filterOperation(Operation operation) {
        APIResponses responses = operation.getResponses();
        responses.getAPIResponses().forEach((status, response) -> {
            if (status.startsWith("4")) {
                response.content(content());
            }
        });
        responses.setDefaultValue(OASFactory.createAPIResponse()
                .description("Something is wrong, with the call or with the service; `error` says what kind.")
                .content(content()));
        return operation;
    }

    @Override
    public void filterOpenAPI(OpenAPI description) {
        description.getComponents().addSchema(SCHEMA, OASFactory.createSchema().addType(SchemaType.OBJECT)
                .description("What every error looks like; some have more fields.")
                .addProperty("error", text("The kind of error, for programs."))
                .addProperty("message", text("What is wrong, for people.")).required(List.of("error", "message"))
                .additionalPropertiesSchema(OASFactory.createSchema().booleanSchema(true)));
        OpenApiExamples.read().addTo(description);
    }

    @Override
    public Schema filterSchema(Schema schema) {
        if (schema.getAnyOf() != null && schema.getItems() != null) {
            schema.setItems(OASFactory.createSchema().anyOf(schema.getAnyOf()));
            schema.setAnyOf(null);
        }
        return schema;
    }

    private static Schema text(String description) {
        return OASFactory.createSchema().addType(SchemaType.STRING).description(description);
    }

    private static Content content() {
        return OASFactory.createContent().addMediaType("application/json",
                OASFactory.createMediaType().schema(OASFactory.createSchema().ref(SCHEMA)));
    }
}
