package io.machinemanager.api.input;

import java.io.IOException;
import java.util.regex.Pattern;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.type.LogicalType;

/**
 * Reads whole numbers as Jackson does, except that a number in quotes is of ASCII digits: neither is the text {@code "null"}
 * nothing, nor do digits of other scripts count.
 */
class WholeNumber extends StdScalarDeserializer<Integer> {

    private static final long serialVersionUID = 1;

    /** A whole number in ASCII digits, while Java takes those of other scripts too. */
    static final Pattern DIGITS = Pattern.compile("[+-]?[0-9]+");

    WholeNumber() {
        super(Integer.class);
    }

    @Override
    public LogicalType logicalType() {
        return LogicalType.Integer;
    }

    @Override
    public Integer deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        if (parser.hasToken(JsonToken.VALUE_STRING) && !DIGITS.matcher(parser.getText().strip()).matches()) {
            return (Integer) context.handleWeirdStringValue(Integer.class, parser.getText(), "no number");
        }
        return _parseInteger(parser, context, Integer.class);
    }
}
