package io.machinemanager.account.ssh;

import com.jcraft.jsch.UIKeyboardInteractive;
import com.jcraft.jsch.UserInfo;

/** Keeps what an SSH server says during the log-in, which may say why it refuses it. Answers no question of the server. */
final class LoginMessages implements UserInfo, UIKeyboardInteractive {

    private static final int MAX_KEPT = 600;

    private final StringBuilder text = new StringBuilder();

    /** The messages so far, at most 600 characters. */
    String text() {
        return text.toString();
    }

    @Override
    public void showMessage(String message) {
        text.append(message, 0, Math.min(message.length(), MAX_KEPT - text.length()));
    }

    @Override
    public String[] promptKeyboardInteractive(String destination, String name, String instruction, String[] prompt,
            boolean[] echo) {
        return null;
    }

    @Override
    public String getPassword() {
        return null;
    }

    @Override
    public String getPassphrase() {
        return null;
    }

    @Override
    public boolean promptPassword(String message) {
        return false;
    }

    @Override
    public boolean promptPassphrase(String message) {
        return false;
    }

    @Override
    public boolean promptYesNo(String message) {
        return false;
    }
}
