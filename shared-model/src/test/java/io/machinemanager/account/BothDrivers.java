package io.machinemanager.account;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** On a test class whose outcome depends on the driver, and not only on the script: it runs with both in each build. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface BothDrivers {
}
