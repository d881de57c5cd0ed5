package io.machinemanager.account;

import java.nio.file.Path;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ArgumentsSource;

import io.machinemanager.account.AccountConfig.Driver;
import io.machinemanager.testing.Lab;

/** Runs the tests of a class with each of {@link Drivers} in turn, on machines of a lab that the class starts. */
@Tag("machines")
@ParameterizedClass
@ArgumentsSource(Drivers.class)
abstract class EachDriver {

    @TempDir
    static Path workDir;

    static Lab lab;
    static AccountWork work;

    @Parameter
    Driver driver;

    @BeforeParameterizedClassInvocation
    static void startDriver(Driver driver) {
        work = AccountWork.by(driver, TestSettings.in(workDir));
    }

    @AfterParameterizedClassInvocation
    static void stopDriver() {
        work.close();
    }

    @AfterAll
    static void stop() {
        lab.close();
    }
}
