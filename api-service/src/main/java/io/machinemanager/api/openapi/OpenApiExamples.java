package io.machinemanager.api.openapi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

import io.machinemanager.error.ErrorCode;

/**
 * The names of the calls in generated clients and the examples, of {@code openapi/examples.yaml}. It is read when the
 * service is built.
 *
 * @param calls by method and path, as {@code GET /machines}
 * @param errors by code
 */
record OpenApiExamples(Map<String, Map<String, Object>> calls, Map<String, Map<String, Object>> errors) {

    private static final String FILE = "/openapi/examples.yaml";

    static OpenApiExamples read() {
        try (InputStream file = Objects.requireNonNull(OpenApiExamples.class.getResourceAsStream(FILE), FILE)) {
            Map<String, Object> content = new Yaml(new SafeConstructor(new LoaderOptions())).load(file);
            return new OpenApiExamples(entries(content.get("calls")), entries(content.get("errors")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Map<String, Object>> entries(Object value) {
        Map<String, Map<String, Object>> entries = new LinkedHashMap<>();
        fields(value).forEach((name, entry) -> entries.put(name, fields(entry)));
        return entries;
    }

    /** YAML has statuses as numbers. */
    private static Map<String, Object> fields(Object value) {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((name, entry) -> fields.put(String.valueOf(name), entry));
        }
        return fields;
    }

    void addTo(OpenAPI description) {
        errors.forEach((code, error) -> description.getComponents().addExample(code,
                OASFactory.createExample().value(error.get("example"))));
        description.getPaths().getPathItems().forEach((path, item) -> item.getOperations()
                .forEach((method, operation) -> addTo(operation, item, method + " " + path)));
    }

    private void addTo(Operation operation, PathItem item, String name) {
        Map<String, Object> call = calls.getOrDefault(name, Map.of());
        operation.setOperationId((String) call.get("id"));
        Map<String, Object> path = fields(call.get("path"));
        Stream.of(item.getParameters(), operation.getParameters()).filter(Objects::nonNull).flatMap(List::stream)
                .filter(parameter -> parameter.getIn() == Parameter.In.PATH)
                .forEach(parameter -> parameter.setExample(path.get(parameter.getName())));
        if (operation.getRequestBody() != null) {
            mediaTypes(operation.getRequestBody().getContent()).forEach(type -> type.setExample(call.get("request")));
        }
        Map<String, Object> answers = fields(call.get("answers"));
        APIResponses responses = operation.getResponses();
        responses.getAPIResponses().forEach((status, response) -> mediaTypes(response.getContent()).forEach(type -> {
            if (status.startsWith("2")) {
                type.setExample(answers.get(status));
            } else {
                codes(name, status, responses).forEach(code -> type.addExample(code,
                        OASFactory.createExample().ref(code)));
            }
        }));
    }

    /** The codes that a call may answer with that status; for {@code default} with those that are not described. */
    private Stream<String> codes(String call, String status, APIResponses responses) {
        return Arrays.stream(ErrorCode.values())
                .filter(code -> {
                    String own = String.valueOf(code.status());
                    return status.equals(responses.hasAPIResponse(own) ? own : "default");
                })
                .map(ErrorCode::code)
                .filter(code -> call.matches((String) errors.getOrDefault(code, Map.of()).getOrDefault("calls", "")));
    }

    private static Collection<MediaType> mediaTypes(Content content) {
        return content == null || content.getMediaTypes() == null ? List.of() : content.getMediaTypes().values();
    }
}
