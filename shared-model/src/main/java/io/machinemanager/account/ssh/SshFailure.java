package io.machinemanager.account.ssh;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;

import com.jcraft.jsch.JSchAlgoNegoFailException;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.JSchHostKeyException;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.MachineAnswer;

/** A log-in to a machine failed. The message has the words of OpenSSH, which {@link MachineAnswer} understands. */
final class SshFailure extends Exception {

    /**
     * @param cause the failure of JSch
     * @param messages what the machine said before; empty if nothing
     */
    SshFailure(JSchException cause, String messages) {
        super(messages.isBlank() ? openSshMessage(cause) : messages + "\n" + openSshMessage(cause), cause);
    }

    /** The result of the task that needed the log-in; nothing was changed on the machine. */
    AccountResult result() {
        AccountResult result = MachineAnswer.beforeLogIn(getMessage()).result();
        return result.outcome() == Outcome.HOST_KEY_CHANGED
                ? result
                : new AccountResult(Outcome.UNREACHABLE, result.reason());
    }

    private static String openSshMessage(JSchException failure) {
        String message = String.valueOf(failure.getMessage());
        return switch (failure) {
            case JSchHostKeyException _ -> "Host key verification failed";
            case JSchAlgoNegoFailException _ -> "no matching key exchange";
            default -> message.startsWith("Auth ") || message.contains("Login trials")
                    ? "Permission denied"
                    : networkMessage(failure.getCause(), message);
        };
    }

    private static String networkMessage(Throwable cause, String message) {
        return switch (cause) {
            case UnknownHostException _ -> "Could not resolve hostname";
            case ConnectException refused -> refused.getMessage();
            case NoRouteToHostException _ -> "No route to host";
            case SocketTimeoutException _ -> "Connection timed out";
            case SocketException broken -> "kex_exchange_identification: " + broken.getMessage();
            case null, default -> connectionMessage(message);
        };
    }

    private static String connectionMessage(String message) {
        if (message.contains("timeout")) {
            return "Connection timed out";
        }
        return message.contains("closed by foreign host") || message.contains("SSH_MSG_DISCONNECT")
                ? "kex_exchange_identification: " + message
                : message;
    }
}
