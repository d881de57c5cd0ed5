package io.machinemanager.api.input;

import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.type.LogicalType;

/**
 * Reads whole numbers, also in quotes. Unlike Jackson's own deserializer it does not take the text {@code "null"} for a
 * missing value, nor digits of other scripts than ASCII.
 */
class IntegerDeserializer extends StdScalarDeserializer<Integer> {

    private static final long serialVersionUID = 1;
    private static final Pattern DIGITS = Pattern.compile("[+-]?[0-9]+");

    IntegerDeserializer() {
        super(Integer.class);
    }

    @Override
    public LogicalType logicalType() {
        return LogicalType.Integer;
    }

    @Override
    public Integer deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_NUMBER_INT -> parser.getIntValue();
            case VALUE_STRING -> ofText(parser.getText(), context);
            default -> (Integer) context.handleUnexpectedToken(Integer.class, parser);
        };
    }

    private static Integer ofText(String text, DeserializationContext context) throws IOException {
        Optional<Integer> number = parse(text.strip());
        return number.isPresent()
                ? number.get()
                : (Integer) context.handleWeirdStringValue(Integer.class, text, "no number");
    }

    /** The whole number of 32 bits that a text is; nothing when it is none. */
    static Optional<Integer> parse(String text) {
        if (!DIGITS.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Integer.valueOf(text));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
