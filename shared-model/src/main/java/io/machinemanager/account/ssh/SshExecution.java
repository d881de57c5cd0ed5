package io.machinemanager.account.ssh;

import com.jcraft.jsch.UIKeyboardInteractive;
import com.jcraft.jsch.UserInfo;

/** Keeps what a machine says before the log-in, which may be why it refuses it; every question is left without answer. */
final class SshExecution implements UserInfo, UIKeyboardInteractive {

    private static final int KEPT = 600;

    private final StringBuilder said = new StringBuilder();

    /** What was said, cut off when it is long. */
    String said() {
        return said.toString();
    }

    @Override
    public void showMessage(String message) {
        said.append(message, 0, Math.min(message.length(), KEPT - said.length()));
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
