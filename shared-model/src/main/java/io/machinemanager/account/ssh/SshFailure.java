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

/** There is no log-in to a machine. The reason is told as if OpenSSH had met it. */
final class SshFailure extends Exception {

    /**
     * @param cause why there is no log-in
     * @param said what the machine said before
     */
    SshFailure(JSchException cause, String said) {
        super(said.isBlank() ? words(cause) : said + "\n" + words(cause), cause);
    }

    /** The result of the task that needed the log-in; nothing was changed on the machine. */
    AccountResult result() {
        AccountResult told = MachineAnswer.beforeLogIn(getMessage()).result();
        return told.outcome() == Outcome.HOST_KEY_CHANGED
                ? told
                : new AccountResult(Outcome.UNREACHABLE, told.reason());
    }

    private static String words(JSchException failure) {
        String message = String.valueOf(failure.getMessage());
        return switch (failure) {
            case JSchHostKeyException _ -> "Host key verification failed";
            case JSchAlgoNegoFailException _ -> "no matching key exchange";
            default -> message.startsWith("Auth ") || message.contains("Login trials")
                    ? "Permission denied"
                    : ofNetwork(failure.getCause(), message);
        };
    }

    private static String ofNetwork(Throwable cause, String message) {
        return switch (cause) {
            case UnknownHostException _ -> "Could not resolve hostname";
            case ConnectException refused -> refused.getMessage();
            case NoRouteToHostException _ -> "No route to host";
            case SocketTimeoutException _ -> "Connection timed out";
            case SocketException broken -> "kex_exchange_identification: " + broken.getMessage();
            case null, default -> ofConnection(message);
        };
    }

    private static String ofConnection(String message) {
        if (message.contains("timeout")) {
            return "Connection timed out";
        }
        return message.contains("closed by foreign host") || message.contains("SSH_MSG_DISCONNECT")
                ? "kex_exchange_identification: " + message
                : message;
    }
}
