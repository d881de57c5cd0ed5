package io.machinemanager.api.input;

import java.io.IOException;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.type.LogicalType;

/** Reads whole numbers as Jackson does, except that the text {@code "null"} is none, rather than nothing. */
class WholeNumber extends StdScalarDeserializer<Integer> {

    private static final long serialVersionUID = 1;

    WholeNumber() {
        super(Integer.class);
    }

    @Override
    public LogicalType logicalType() {
        return LogicalType.Integer;
    }

    @Override
    public Integer deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        if (parser.hasToken(JsonToken.VALUE_STRING) && _hasTextualNull(parser.getText().strip())) {
            return (Integer) context.handleWeirdStringValue(Integer.class, parser.getText(), "no number");
        }
        return _parseInteger(parser, context, Integer.class);
    }
}
