package io.machinemanager.account;

import java.io.ByteArrayOutputStream;

/** Keeps the first bytes of what a machine says, however much that is: whoever became root there may say anything. */
final class BoundedOutput extends ByteArrayOutputStream {

    private final int limit;

    /** @param limit how many bytes are kept */
    BoundedOutput(int limit) {
        this.limit = limit;
    }

    @Override
    public synchronized void write(int value) {
        if (count < limit) {
            super.write(value);
        }
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        super.write(bytes, offset, Math.min(length, limit - count));
    }
}
