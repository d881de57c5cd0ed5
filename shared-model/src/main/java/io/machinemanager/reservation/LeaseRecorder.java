package io.machinemanager.reservation;

/** Whoever keeps the answer to a request, so that it can be given again. */
public interface LeaseRecorder {

    /** Keeps nothing. */
    LeaseRecorder NONE = new LeaseRecorder() {
        @Override
        public void keep(Lease lease) {
            // nobody will ask for it again
        }

        @Override
        public boolean forget() {
            return true;
        }
    };

    /** Keeps the answer, in the very transaction that makes the reservation; what it throws undoes that too. */
    void keep(Lease lease);

    /**
     * Sees to it that the answer is never given, before what it tells of is taken back. May be called when nothing is kept,
     * and more than once.
     *
     * @return false when somebody who repeated the request was given it already: then what it tells of has to stay
     */
    boolean forget();
}
