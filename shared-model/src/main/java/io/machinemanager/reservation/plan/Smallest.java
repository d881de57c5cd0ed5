package io.machinemanager.reservation.plan;

/** Finds the k-th smallest of some numbers in linear time (Hoare's quickselect). */
final class Smallest {

    private Smallest() {
    }

    /**
     * @param values are put into another order
     * @param size only so many of the values count
     * @param k from 1 to {@code size}
     */
    static long of(long[] values, int size, int k) {
        int low = 0;
        int high = size - 1;
        while (low < high) {
            long pivot = values[(low + high) >>> 1];
            int left = low;
            int right = high;
            while (left <= right) {
                while (values[left] < pivot) {
                    left++;
                }
                while (values[right] > pivot) {
                    right--;
                }
                if (left <= right) {
                    long swapped = values[left];
                    values[left++] = values[right];
                    values[right--] = swapped;
                }
            }
            if (k - 1 > right && k - 1 < left) {
                return pivot;
            }
            if (k - 1 <= right) {
                high = right;
            } else {
                low = left;
            }
        }
        return values[k - 1];
    }
}
