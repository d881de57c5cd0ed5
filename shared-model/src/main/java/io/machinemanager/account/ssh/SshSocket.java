package io.machinemanager.account.ssh;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

import com.jcraft.jsch.SocketFactory;

/**
 * The way to one machine. It can be closed from outside at any time, also while the name is looked up: what comes of it
 * then is closed from the start.
 */
final class SshSocket implements SocketFactory, AutoCloseable {

    private static final String VERSION = "SSH-";
    private static final int KEPT = 256;

    private final Socket socket = new Socket();
    private final StringBuffer greeting = new StringBuffer();
    private final Duration timeout;

    /** @param timeout how long the machine may take to accept the connection */
    SshSocket(Duration timeout) {
        this.timeout = timeout;
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        socket.connect(new InetSocketAddress(host, port), (int) timeout.toMillis());
        return socket;
    }

    @Override
    public InputStream getInputStream(Socket connected) throws IOException {
        return new FilterInputStream(connected.getInputStream()) {
            // The library reads byte by byte until it has the version, and in blocks afterwards.
            @Override
            public int read() throws IOException {
                int read = super.read();
                if (read >= 0 && greeting.length() < KEPT) {
                    greeting.append((char) read);
                }
                return read;
            }
        };
    }

    /** The lines that came before the version of SSH (RFC 4253, 4.2), in which a server may say why it speaks none. */
    String greeting() {
        String said = greeting.toString();
        int version = said.indexOf(VERSION);
        return (version < 0 ? said : said.substring(0, version)).strip();
    }

    @Override
    public OutputStream getOutputStream(Socket connected) throws IOException {
        return connected.getOutputStream();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
