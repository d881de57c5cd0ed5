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
 * The socket of one connection. It can be closed from another thread at any time, even while the host name is resolved:
 * the connection then fails at once.
 */
final class SshSocket implements SocketFactory, AutoCloseable {

    private static final String VERSION = "SSH-";
    private static final int MAX_GREETING = 256;

    private final Socket socket = new Socket();
    private final StringBuffer greeting = new StringBuffer();
    private final Duration timeout;

    /** @param timeout how long the machine may take to accept the TCP connection */
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
            // JSch reads byte by byte until it has the version, and in blocks afterwards.
            @Override
            public int read() throws IOException {
                int read = super.read();
                if (read >= 0 && greeting.length() < MAX_GREETING) {
                    greeting.append((char) read);
                }
                return read;
            }
        };
    }

    /**
     * The lines that the server sent before its SSH version (RFC 4253, section 4.2), at most 256 characters. They may say
     * why it refuses the connection.
     */
    String greeting() {
        String text = greeting.toString();
        int version = text.indexOf(VERSION);
        return (version < 0 ? text : text.substring(0, version)).strip();
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
