package io.machinemanager.account.process;

import java.io.ByteArrayOutputStream;

/** Keeps the last bytes of an output that may be endless. */
public final class BoundedOutput extends ByteArrayOutputStream {

    private final int limit;

    /** @param limit how many bytes are kept at least; memory never holds more than twice as many */
    public BoundedOutput(int limit) {
        this.limit = limit;
    }

    @Override
    public synchronized void write(int value) {
        makeRoom(1);
        super.write(value);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        int kept = Math.min(length, limit);
        makeRoom(kept);
        super.write(bytes, offset + length - kept, kept);
    }

    private void makeRoom(int wanted) {
        if (count + wanted > 2 * limit) {
            System.arraycopy(buf, count - limit, buf, 0, limit);
            count = limit;
        }
    }
}
