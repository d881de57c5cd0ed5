package io.machinemanager.reservation;

/** Stores the lease of a request, so that a repeated request gets the same answer. */
public interface LeaseRecorder {

    /** Stores nothing. */
    LeaseRecorder NONE = new LeaseRecorder() {
        @Override
        public void keep(Lease lease) {
            // the request cannot be repeated
        }

        @Override
        public boolean forget() {
            return true;
        }
    };

    /** Stores the lease in the transaction that activates the reservation; an exception rolls back both. */
    void keep(Lease lease);

    /**
     * Deletes the stored lease before its machines are released. May be called when nothing is stored, and more than once.
     *
     * @return false when a repeated request was given the lease already; then the machines must not be released
     */
    boolean forget();
}
