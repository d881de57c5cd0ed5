package io.machinemanager.account.ssh;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import com.jcraft.jsch.ChannelExec;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.Session;

import io.machinemanager.account.AccountScript;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.MachineAnswer;
import io.machinemanager.account.MachineAnswer.Stage;
import io.machinemanager.account.ScriptLimits;
import io.machinemanager.account.Target;
import io.machinemanager.account.process.BoundedOutput;
import io.machinemanager.ssh.SshCredentials;
import io.quarkus.logging.Log;

/** An SSH connection to a machine that stays open: each task is one command on it. Used by one thread at a time. */
final class SshConnection implements AutoCloseable {

    private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);
    // In bytes. More output does not help to find out why there is no answer.
    private static final int MAX_OUTPUT = 600;
    private static final Duration POLL_INTERVAL = Duration.ofMillis(5);

    // The script ends right after its answer. A background process of a shell start file may keep the output open longer.
    private static final Duration AFTER_ANSWER = Duration.ofSeconds(2);

    // The one that costs both sides the least time comes first.
    private static final String KEY_EXCHANGES = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
            + "ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group16-sha512,diffie-hellman-group14-sha256";

    private final Session session;
    private final byte[] script;

    private SshConnection(Session session, byte[] script) {
        this.session = session;
        this.script = script;
    }

    /**
     * Logs in.
     *
     * @param timeout limit for the connection and the log-in together
     * @param script the text of the account script
     * @throws SshFailure when the log-in fails; nothing was changed on the machine then
     */
    static SshConnection open(Target target, Duration timeout, byte[] script) throws SshFailure {
        LoginMessages messages = new LoginMessages();
        SshHostKeys keys = new SshHostKeys(target.hostKeys());
        SshSocket socket = new SshSocket(timeout);
        try {
            return new SshConnection(logIn(target, timeout, messages, keys, socket), script);
        } catch (JSchException e) {
            throw new SshFailure(e,
                    String.join("\n", keys.unknownFingerprint(), messages.text(), socket.greeting()).strip());
        }
    }

    private static Session logIn(Target target, Duration timeout, LoginMessages messages, SshHostKeys keys,
            SshSocket socket)
            throws JSchException {
        JSch client = new JSch();
        Session session = client.getSession(target.user(), target.host(), target.port());
        session.setHostKeyRepository(keys);
        session.setUserInfo(messages);
        SshCredentials login = target.login();
        if (login.privateKey() == null) {
            session.setPassword(login.password().getBytes(StandardCharsets.UTF_8));
        } else {
            client.addIdentity(target.machine(), login.privateKey().getBytes(StandardCharsets.US_ASCII), null, null);
        }
        session.setConfig("StrictHostKeyChecking", "yes");
        session.setConfig("server_host_key", keys.algorithms());
        session.setConfig("kex", KEY_EXCHANGES);
        session.setConfig("PreferredAuthentications",
                login.privateKey() == null ? "password,keyboard-interactive" : "publickey");
        session.setConfig("MaxAuthTries", "1");
        session.setThreadFactory(Thread.ofVirtual().name("ssh-" + target.machine()).factory());
        session.setServerAliveInterval((int) KEEP_ALIVE.toMillis());
        connect(session, timeout, socket);
        return session;
    }

    /**
     * The timeout of JSch starts again with each byte that arrives, so a server that never stops sending must be cut off
     * from here. JSch cannot end a session that is not connected yet, hence the socket.
     */
    private static void connect(Session session, Duration timeout, SshSocket socket) throws JSchException {
        session.setSocketFactory(socket);
        CompletableFuture<Boolean> late = closeAfter(timeout, socket);
        try {
            session.connect((int) timeout.toMillis());
        } catch (JSchException e) {
            throw late.getNow(false) ? tooLate(e) : e;
        } catch (RuntimeException e) {
            // JSch trusts the lengths that a server sends
            throw late.getNow(false) ? tooLate(e) : new JSchException("protocol error: no SSH is spoken", e);
        } finally {
            late.complete(false);
        }
    }

    private static JSchException tooLate(Exception cause) {
        return new JSchException("timeout: the log-in took too long", cause);
    }

    /**
     * Closes a resource after a time.
     *
     * @return completes with true when the time is up; the caller completes it with false when it is done before
     */
    private static CompletableFuture<Boolean> closeAfter(Duration limit, AutoCloseable resource) {
        CompletableFuture<Boolean> late = new CompletableFuture<Boolean>()
                .completeOnTimeout(true, limit.toMillis(), TimeUnit.MILLISECONDS);
        // All timers share one thread, which must not wait for a close.
        late.thenAcceptAsync(isLate -> {
            if (isLate) {
                close(resource);
            }
        }, task -> Thread.ofVirtual().name("ssh-late").start(task));
        return late;
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            Log.debugf("Closing a connection that took too long: %s", e.getMessage());
        }
    }

    /** Whether the connection is open, as far as is known: a machine that froze is not noticed. */
    boolean isAlive() {
        return session.isConnected();
    }

    /**
     * Runs the account script.
     *
     * @param startTimeout how long the machine may take to start the command
     * @param timeout after how long the connection is closed, which ends the wait for the answer
     * @param limits the limits that the script gets
     * @return the answer of the machine; with an empty answer when the command ended without one
     * @throws JSchException when the command could not be started, so that nothing was changed on the machine
     * @throws SocketTimeoutException when the timeout has passed
     * @throws IOException when the connection broke
     */
    MachineAnswer run(AccountTask task, Duration startTimeout, Duration timeout, ScriptLimits limits)
            throws JSchException, IOException {
        ChannelExec channel = (ChannelExec) session.openChannel("exec");
        String nonce = UUID.randomUUID().toString();
        BoundedOutput errors = new BoundedOutput(MAX_OUTPUT);
        AnswerOutput answer = new AnswerOutput(nonce, MAX_OUTPUT);
        channel.setCommand(AccountScript.command(task.target()));
        channel.setInputStream(new ByteArrayInputStream(input(task, limits, nonce)));
        channel.setErrStream(errors);
        InputStream output = channel.getInputStream();
        CompletableFuture<Boolean> late = closeAfter(timeout, this);
        try {
            channel.connect((int) startTimeout.toMillis());
            read(output, answer, channel);
            int status = answer.answer().isEmpty() ? exitStatus(channel) : channel.getExitStatus();
            if (answer.answer().isEmpty() && late.getNow(false)) {
                throw new SocketTimeoutException("The machine has not answered in time.");
            }
            String diagnostics = answer.otherOutput() + "\n" + errors.toString(StandardCharsets.UTF_8);
            MachineAnswer result = new MachineAnswer(answer.answer(), status,
                    answer.hasBegun() ? Stage.BEGUN : Stage.LOGGED_IN, diagnostics.strip());
            if (answer.answer().isEmpty() && status == MachineAnswer.NO_STATUS) {
                throw new IOException("The connection to the machine was lost during the work.");
            }
            return result;
        } finally {
            late.complete(false);
            channel.disconnect();
        }
    }

    /** Reads to the end of the output, so that the script has ended too and does not delay the next task. */
    private static void read(InputStream output, AnswerOutput answer, ChannelExec channel) throws IOException {
        CompletableFuture<Boolean> lingering = new CompletableFuture<>();
        byte[] chunk = new byte[8192];
        try {
            for (int read = output.read(chunk); read >= 0; read = output.read(chunk)) {
                boolean unanswered = answer.answer().isEmpty();
                answer.write(chunk, 0, read);
                if (unanswered && !answer.answer().isEmpty()) {
                    lingering = closeAfter(AFTER_ANSWER, channel::disconnect);
                }
            }
        } catch (IOException e) {
            if (answer.answer().isEmpty()) {
                throw e;
            }
        } finally {
            lingering.complete(false);
        }
    }

    /**
     * The exit status of the command, which the server may send after the end of the output. Closing the connection ends
     * the wait. JSch does not notify of the status, so it is polled.
     */
    private static int exitStatus(ChannelExec channel) throws InterruptedIOException {
        try {
            while (channel.getExitStatus() == MachineAnswer.NO_STATUS && !channel.isClosed()) {
                Thread.sleep(POLL_INTERVAL);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("The wait for the machine was interrupted.");
        }
        return channel.getExitStatus();
    }

    private byte[] input(AccountTask task, ScriptLimits limits, String nonce) {
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.writeBytes(AccountScript.input(task, limits).getBytes(StandardCharsets.UTF_8));
        input.writeBytes(AnswerOutput.startLine(nonce).getBytes(StandardCharsets.US_ASCII));
        input.writeBytes(script);
        return input.toByteArray();
    }

    @Override
    public void close() {
        session.disconnect();
    }
}
