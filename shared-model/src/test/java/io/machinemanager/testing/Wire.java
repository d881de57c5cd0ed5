package io.machinemanager.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy between the application and its database. On request it passes a commit on, drops the server's answer to it
 * and refuses connections until {@link #mend()}: the change is made, and the application cannot know.
 */
public final class Wire implements AutoCloseable {

    private static final String COMMIT = "COMMIT";

    private final ServerSocket server;
    private final int databasePort;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger commitsLeft = new AtomicInteger();
    private volatile boolean cut;

    /** Listens on a free loopback port and connects to the server on another. */
    public Wire(int databasePort) {
        this.databasePort = databasePort;
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /** The port to connect to. */
    public int port() {
        return server.getLocalPort();
    }

    /** Drops the answer to the commit of that number, counted from now on, and then cuts all connections. */
    public void loseAnswerToCommit(int number) {
        commitsLeft.set(number);
    }

    /** Tells whether it refuses connections. */
    public boolean isCut() {
        return cut;
    }

    /** Accepts connections again. */
    public void mend() {
        cut = false;
    }

    @Override
    public void close() {
        quietly(server);
        open.forEach(Wire::quietly);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                if (cut) {
                    client.close();
                } else {
                    connect(client);
                }
            } catch (IOException e) {
                // the client gets an error too
            }
        }
    }

    private void connect(Socket client) throws IOException {
        Socket database = new Socket(InetAddress.getLoopbackAddress(), databasePort);
        open.add(client);
        open.add(database);
        Set<String> lost = ConcurrentHashMap.newKeySet();
        Thread.ofVirtual().start(() -> pump(client, database, lost, true));
        Thread.ofVirtual().start(() -> pump(database, client, lost, false));
    }

    private void pump(Socket from, Socket to, Set<String> lost, boolean toDatabase) {
        byte[] buffer = new byte[65_536];
        try (from; to) {
            for (int read = from.getInputStream().read(buffer); read >= 0; read = from.getInputStream().read(buffer)) {
                if (toDatabase && isChosenCommit(buffer, read)) {
                    lost.add(COMMIT);
                } else if (!toDatabase && lost.contains(COMMIT)) {
                    cut = true;
                    open.forEach(Wire::quietly);
                    return;
                }
                to.getOutputStream().write(buffer, 0, read);
            }
        } catch (IOException e) {
            // both ends get an error too
        }
    }

    private boolean isChosenCommit(byte[] packet, int length) {
        return new String(packet, 0, length, StandardCharsets.ISO_8859_1).contains(COMMIT)
                && commitsLeft.getAndUpdate(left -> Math.max(0, left - 1)) == 1;
    }

    private static void quietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            // nothing is left to close
        }
    }
}
