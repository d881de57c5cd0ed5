package io.machinemanager.api.reservation;

import java.util.List;

import io.machinemanager.reservation.RequestDetails;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationState;
import io.machinemanager.ssh.SshConfigText;
import io.machinemanager.ssh.SshConfigText.Entry;

/**
 * Lines with which {@code ssh} logs in to the machines of a request by their names, asks nothing and trusts only the
 * recorded host keys.
 *
 * @param config the lines for {@code ~/.ssh/config}
 * @param knownHostsFile where these lines look for the host keys
 * @param knownHosts the lines for that file
 */
public record SshConfigView(String config, String knownHostsFile, String knownHosts) {

    static SshConfigView of(RequestDetails details) {
        List<Entry> entries = details.reservations().stream()
                .filter(row -> row.state == ReservationState.ACTIVE && row.machine != null)
                .map(SshConfigView::entry).toList();
        return new SshConfigView(SshConfigText.config(entries, SshConfigText.KNOWN_HOSTS_FILE),
                SshConfigText.KNOWN_HOSTS_FILE, SshConfigText.knownHosts(entries));
    }

    private static Entry entry(Reservation row) {
        return new Entry(row.machineName, row.machine.host, row.machine.port, row.account, row.machine.hostKeys);
    }
}
