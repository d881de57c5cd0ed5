package io.machinemanager.api.auth;

import java.util.List;

/**
 * Who a token stands for.
 *
 * @param user the user's name
 * @param roles {@code admin} or nothing
 */
public record WhoamiView(String user, List<String> roles) {
}
