package io.machinemanager.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import org.jboss.logmanager.formatters.PatternFormatter;

/** Collects the log lines of one class, or of all, until it is closed. */
public final class LogLines extends Handler implements AutoCloseable {

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final PatternFormatter text = new PatternFormatter("%s");
    private final Logger logger;

    private LogLines(Logger logger) {
        this.logger = logger;
    }

    /** Collects the lines of a class from now on. */
    public static LogLines of(Class<?> logging) {
        LogLines lines = new LogLines(Logger.getLogger(logging.getName()));
        lines.logger.addHandler(lines);
        return lines;
    }

    /** Collects all lines of that level and above from now on. */
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

    /** The lines that a regular expression matches as a whole. */
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
        // there is no buffer
    }

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
