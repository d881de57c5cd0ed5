package io.machinemanager.api.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * Where a value can be put into a call.
 *
 * @param method the call's method
 * @param path its path as the API describes it
 * @param in {@code body}, {@code path}, {@code query} or {@code header}
 * @param name of the field or parameter
 */
record Place(String method, String path, String in, String name) {

    /** All places of the API, as its own description tells them. */
    static List<Place> all(JsonObject description) {
        List<Place> places = new ArrayList<>();
        JsonObject paths = description.getJsonObject("paths");
        for (String path : paths.fieldNames()) {
            JsonObject methods = paths.getJsonObject(path);
            Stream<Place> shared = parameters("", path, methods);
            List<Place> ofAll = shared.toList();
            methods.fieldNames().stream().filter(method -> !method.equals("parameters")).forEach(method -> {
                JsonObject operation = methods.getJsonObject(method);
                String verb = method.toUpperCase();
                Stream.concat(ofAll.stream(), parameters(verb, path, operation))
                        .map(place -> new Place(verb, path, place.in, place.name)).distinct().forEach(places::add);
                fields(description, operation).map(name -> new Place(verb, path, "body", name)).forEach(places::add);
            });
        }
        return places;
    }

    private static Stream<Place> parameters(String method, String path, JsonObject holder) {
        return holder.getJsonArray("parameters", new JsonArray()).stream().map(JsonObject.class::cast)
                .map(parameter -> new Place(method, path, parameter.getString("in"), parameter.getString("name")));
    }

    private static Stream<String> fields(JsonObject description, JsonObject operation) {
        if (!operation.containsKey("requestBody")) {
            return Stream.empty();
        }
        String schema = operation.getJsonObject("requestBody").getJsonObject("content")
                .getJsonObject("application/json")
                .getJsonObject("schema").getString("$ref").replaceAll(".*/", "");
        return description.getJsonObject("components").getJsonObject("schemas").getJsonObject(schema)
                .getJsonObject("properties").fieldNames().stream();
    }

    /** The call, as {@code GET /users}. */
    String call() {
        return method + " " + path;
    }
}
