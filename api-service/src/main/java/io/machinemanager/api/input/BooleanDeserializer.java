package io.machinemanager.api.input;

import java.io.IOException;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.type.LogicalType;

/**
 * Reads true and false, and also 1, 0 and {@code "true"}, as the original did. The original took any other text for true,
 * even {@code "false"}; other text is refused here, because it could make a user an admin by mistake.
 */
class BooleanDeserializer extends StdScalarDeserializer<Boolean> {

    private static final long serialVersionUID = 1;

    BooleanDeserializer() {
        super(Boolean.class);
    }

    @Override
    public LogicalType logicalType() {
        return LogicalType.Boolean;
    }

    @Override
    public Boolean deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        String text = parser.getText();
        return switch (parser.currentToken()) {
            case VALUE_TRUE, VALUE_FALSE -> Boolean.valueOf(text);
            case VALUE_NUMBER_INT -> switch (text) {
                case "1" -> true;
                case "0" -> false;
                default -> (Boolean) context.handleUnexpectedToken(Boolean.class, parser);
            };
            default -> "true".equals(text) ? true : (Boolean) context.handleUnexpectedToken(Boolean.class, parser);
        };
    }
}
