package io.machinemanager.api.input;

import java.io.IOException;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.type.LogicalType;

/**
 * Reads true and false, and 1, 0 and {@code "true"} as the original took them. It took any other text for true,
 * {@code "false"} too; nobody is to become an admin by that, so other text is refused.
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
        String written = parser.getText();
        return switch (parser.currentToken()) {
            case VALUE_TRUE, VALUE_FALSE -> Boolean.valueOf(written);
            case VALUE_NUMBER_INT -> switch (written) {
                case "1" -> true;
                case "0" -> false;
                default -> (Boolean) context.handleUnexpectedToken(Boolean.class, parser);
            };
            default -> "true".equals(written) ? true : (Boolean) context.handleUnexpectedToken(Boolean.class, parser);
        };
    }
}
