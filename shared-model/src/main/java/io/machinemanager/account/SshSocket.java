package io.machinemanager.account;

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

    private final Socket socket = new Socket();
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
        return connected.getInputStream();
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
