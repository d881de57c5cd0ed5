package io.machinemanager.reservation;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

import io.machinemanager.reservation.QueueSnapshot.AboveLimit;

/**
 * Says in a sentence what a request waits for.
 *
 * @param entry the request
 * @param matching the machines that it may get
 * @param aboveLimit how many machines its owner would have, if that is more than allowed
 * @param now the time
 */
record WaitReason(QueueEntry entry, List<QueuedMachine> matching, Optional<AboveLimit> aboveLimit, Instant now) {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm 'UTC'").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter DAY_AND_TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'")
            .withZone(ZoneOffset.UTC);

    /** Such as {@code 2 of 3 machines with arch=arm64 are lent; the next ends at 14:05 UTC.} */
    String sentence() {
        if (!entry.isDue(now)) {
            return "Its accounts could not be made; the next try is at %s.".formatted(time(entry.nextAttemptAt()));
        }
        if (aboveLimit.isPresent()) {
            return "With this request and the earlier ones that wait, its owner would have %d machines; at most %d are allowed."
                    .formatted(aboveLimit.get().machines(), aboveLimit.get().most());
        }
        List<String> parts = new ArrayList<>();
        List<QueuedMachine> lent = matching.stream().filter(m -> m.reservation() != null).toList();
        long notWorking = matching.stream().filter(m -> m.reservation() == null && !m.working()).count();
        long free = matching.stream().filter(QueuedMachine::isFree).count();
        if (!lent.isEmpty()) {
            parts.add("%d of %s %s lent%s".formatted(lent.size(), machines(), are(lent.size()), nextEnd(lent)));
        }
        if (notWorking > 0) {
            parts.add("%d of %s %s out of order".formatted(notWorking, machines(), are(notWorking)));
        }
        if (free > 0) {
            parts.add(free < entry.count()
                    ? "%d of the %d that it needs %s free".formatted(free, entry.count(), are(free))
                    : "%d %s free, and kept for earlier requests or as spares".formatted(free, are(free)));
        }
        String text = parts.isEmpty() ? "no machine matches now" : String.join(", ", parts);
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1) + ".";
    }

    private String machines() {
        return "%d %s%s".formatted(matching.size(), matching.size() == 1 ? "machine" : "machines", wanted());
    }

    private String wanted() {
        if (!entry.filter().names().isEmpty()) {
            return " (%s)".formatted(matching.stream().limit(5).map(QueuedMachine::name).reduce((a, b) -> a + ", " + b)
                    .orElse("") + (matching.size() > 5 ? ", …" : ""));
        }
        String selector = entry.filter().selector().text();
        return selector.isEmpty() ? "" : " with " + selector;
    }

    private String nextEnd(List<QueuedMachine> lent) {
        Optional<Instant> next = lent.stream().filter(m -> m.reservation().isInUse())
                .map(QueuedMachine::reservedUntil).filter(end -> end.isAfter(now)).min(Comparator.naturalOrder());
        return next.map(end -> "; the next ends at " + time(end))
                .orElse(" or being cleaned");
    }

    private String time(Instant at) {
        boolean today = LocalDate.ofInstant(at, ZoneOffset.UTC).equals(LocalDate.ofInstant(now, ZoneOffset.UTC));
        return (today ? TIME : DAY_AND_TIME).format(at);
    }

    private static String are(long count) {
        return count == 1 ? "is" : "are";
    }
}
