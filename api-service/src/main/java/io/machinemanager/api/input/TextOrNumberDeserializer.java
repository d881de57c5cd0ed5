package io.machinemanager.api.input;

import java.io.IOException;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.deser.std.StringDeserializer;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** Reads a text, or a whole number as text. Clients written for the original send passwords of digits as numbers. */
@RegisterForReflection // Jackson makes it
public class TextOrNumberDeserializer extends StdScalarDeserializer<String> {

    private static final long serialVersionUID = 1;

    /** For Jackson. */
    public TextOrNumberDeserializer() {
        super(String.class);
    }

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        return parser.hasToken(JsonToken.VALUE_NUMBER_INT)
                ? parser.getText()
                : StringDeserializer.instance.deserialize(parser, context);
    }
}
