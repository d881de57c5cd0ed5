package io.machinemanager.account;

import java.util.stream.Stream;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.support.ParameterDeclarations;

import io.machinemanager.account.AccountConfig.Driver;
import io.machinemanager.testing.Deep;

/**
 * The drivers with which a test class runs. Both run the same script on the machine, so a build tries what the script
 * does with the faster one, and both only in a class with {@link BothDrivers}. A run with the deep tests tries both
 * everywhere.
 */
final class Drivers implements ArgumentsProvider {

    @Override
    public Stream<? extends Arguments> provideArguments(ParameterDeclarations parameters, ExtensionContext context) {
        boolean both = Deep.isIncluded() || context.getRequiredTestClass().isAnnotationPresent(BothDrivers.class);
        return (both ? Stream.of(Driver.values()) : Stream.of(Driver.SSH)).map(Arguments::of);
    }
}
