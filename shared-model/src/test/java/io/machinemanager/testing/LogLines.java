package io.machinemanager.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import org.jboss.logmanager.formatters.PatternFormatter;

/** What a class logs, or everything, for as long as this is open. */
public final class LogLines extends Handler implements AutoCloseable {

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final PatternFormatter text = new PatternFormatter("%s");
    private final Logger logger;

    private LogLines(Logger logger) {
        this.logger = logger;
    }

    /** Begins to listen. */
    public static LogLines of(Class<?> logging) {
        LogLines lines = new LogLines(Logger.getLogger(logging.getName()));
        lines.logger.addHandler(lines);
        return lines;
    }

    /** Begins to listen to what anything logs at that level or a graver one. */
    public static LogLines from(Level level) {
        LogLines lines = new LogLines(Logger.getLogger(""));
        lines.setLevel(level);
        lines.logger.addHandler(lines);
        return lines;
    }

    /** The lines so far. */
    public List<String> all() {
        return List.copyOf(lines);
    }

    /** Those of them that match a regular expression as a whole. */
    public List<String> matching(String expression) {
        return lines.stream().filter(line -> line.matches(expression)).toList();
    }

    @Override
    public void publish(LogRecord line) {
        if (isLoggable(line)) {
            lines.add(text.format(line));
        }
    }

    @Override
    public void flush() {
        // nothing is held back
    }

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
