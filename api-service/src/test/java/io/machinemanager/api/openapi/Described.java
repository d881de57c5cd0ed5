package io.machinemanager.api.openapi;

import java.util.List;
import java.util.stream.Stream;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * Compares answers with the API's own description, as far as it uses JSON Schema: types, fields, items and alternatives.
 *
 * @param description the whole description
 */
record Described(JsonObject description) {

    /** In which places a value is not what its schema says. */
    List<String> problems(String place, JsonObject schema, Object value) {
        return differences(place, schema, value).toList();
    }

    private Stream<String> differences(String place, JsonObject schema, Object value) {
        if (schema.containsKey("$ref")) {
            return differences(place, description.getJsonObject("components").getJsonObject("schemas")
                    .getJsonObject(schema.getString("$ref").replaceAll(".*/", "")), value);
        }
        if (schema.containsKey("anyOf")) {
            boolean fits = objects(schema.getJsonArray("anyOf"))
                    .anyMatch(one -> differences(place, one, value).findAny().isEmpty());
            return fits ? Stream.empty() : Stream.of(place + " is none of what it may be");
        }
        if (!types(schema).contains(typeOf(value))) {
            return Stream.of("%s is %s and not %s".formatted(place, typeOf(value), types(schema)));
        }
        return switch (value) {
            case JsonArray items -> items.stream()
                    .flatMap(item -> differences(place + "[]", schema.getJsonObject("items"), item));
            case JsonObject fields -> fields.fieldNames().stream()
                    .flatMap(name -> field(place + "." + name, schema, name, fields.getValue(name)));
            case null, default -> Stream.empty();
        };
    }

    private Stream<String> field(String place, JsonObject schema, String name, Object value) {
        JsonObject field = schema.getJsonObject("properties", new JsonObject()).getJsonObject(name);
        if (field == null && schema.getValue("additionalProperties") instanceof JsonObject others) {
            return differences(place, others, value);
        }
        if (field == null) {
            return schema.containsKey("additionalProperties") ? Stream.empty() : Stream.of(place + " is not described");
        }
        return differences(place, field, value);
    }

    private static List<Object> types(JsonObject schema) {
        return schema.getValue("type") instanceof JsonArray several
                ? several.stream().toList()
                : List.of(schema.getValue("type", "nothing"));
    }

    private static String typeOf(Object value) {
        return switch (value) {
            case null -> "null";
            case String text -> "string";
            case Boolean truth -> "boolean";
            case Integer number -> "integer";
            case Double number -> "number";
            case Long number -> "integer";
            case JsonArray items -> "array";
            case JsonObject fields -> "object";
            default -> value.getClass().getSimpleName();
        };
    }

    private static Stream<JsonObject> objects(JsonArray array) {
        return array.stream().map(JsonObject.class::cast);
    }
}
