package io.machinemanager.api.input;

import java.io.IOException;
import java.time.Instant;
import java.util.regex.Pattern;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jsr310.deser.InstantDeserializer;

/** Reads times like Jackson, but refuses a bare number, which could mean seconds or milliseconds. */
class IsoTimeDeserializer extends StdScalarDeserializer<Instant> {

    private static final long serialVersionUID = 1;
    private static final Pattern BARE_NUMBER = Pattern.compile("[+-]?[0-9.]+");

    IsoTimeDeserializer() {
        super(Instant.class);
    }

    @Override
    public LogicalType logicalType() {
        return LogicalType.DateTime;
    }

    @Override
    public Instant deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        if (!parser.hasToken(JsonToken.VALUE_STRING)) {
            return (Instant) context.handleUnexpectedToken(Instant.class, parser);
        }
        if (BARE_NUMBER.matcher(parser.getText().strip()).matches()) {
            return (Instant) context.handleWeirdStringValue(Instant.class, parser.getText(), "no time");
        }
        return InstantDeserializer.INSTANT.deserialize(parser, context);
    }
}
