package io.machinemanager.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

import io.machinemanager.account.AccountDriver;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.playbook.PlaybookRunner;
import io.machinemanager.reservation.AccountWorker;
import io.machinemanager.user.PasswordHasher;

/** The rules on which package and class may use which. A new package needs a line in the table. */
class PackageRulesTest {

    private static final String ROOT = "io.machinemanager";

    /** Each package, and the packages of this module that it may use. Leave out what is not needed. */
    private static final Map<String, Set<String>> MAY_USE = table(
            """
                    error           :
                    startup         :
                    ssh             :
                    logging         : startup
                    database        : error startup
                    job             : database
                    secret          : startup
                    audit           : database
                    user            : audit database error ssh
                    group           : audit database error user
                    auth            : audit database error secret user
                    selector        : database error
                    machine         : audit database error secret selector ssh
                    account.process :
                    account         : ssh startup
                    account.ansible : account account.process ssh startup
                    account.ssh     : account account.ansible account.process ssh
                    playbook        : account account.ansible account.process ssh startup
                    reservation.plan:
                    reservation     : account account.ssh audit database error group machine playbook reservation.plan secret selector ssh user
                    pool            : account audit database error group machine reservation secret selector
                    probe           : account audit database error machine reservation secret selector
                    """);

    private static final DescribedPredicate<JavaClass> DRIVERS = resideInAnyPackage(ROOT + ".account.ssh",
            ROOT + ".account.ansible", ROOT + ".account.process");

    private static final DescribedPredicate<JavaClass> RUN_TRANSACTIONS = describe("run transactions",
            type -> type.getMethodCallsFromSelf().stream()
                    .anyMatch(call -> call.getTargetOwner().isEquivalentTo(RetryingTransactions.class)
                            && Set.of("call", "run").contains(call.getName())));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages(ROOT);

    private static Map<String, Set<String>> table(String text) {
        Map<String, Set<String>> table = new TreeMap<>();
        text.lines().map(line -> line.split(":", 2)).forEach(columns -> table.put(columns[0].strip(),
                columns[1].isBlank() ? Set.of() : Set.of(columns[1].strip().split(" +"))));
        return table;
    }

    private static String packageOf(JavaClass type) {
        return type.getPackageName().substring(ROOT.length() + 1);
    }

    @Test
    void thePackagesAreThoseOfTheTable() {
        assertThat(CLASSES.stream().map(PackageRulesTest::packageOf).collect(Collectors.toSet()))
                .isEqualTo(MAY_USE.keySet());
    }

    @Test
    void aPackageUsesOnlyWhatTheTableAllows() {
        Set<String> violations = new TreeSet<>();
        for (JavaClass type : CLASSES) {
            Set<String> allowed = MAY_USE.getOrDefault(packageOf(type), Set.of());
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                if (target.getPackageName().startsWith(ROOT + ".") && !packageOf(target).equals(packageOf(type))
                        && !allowed.contains(packageOf(target))) {
                    violations.add("%s uses %s: %s".formatted(packageOf(type), packageOf(target),
                            dependency.getDescription()));
                }
            }
        }
        assertThat(violations).isEmpty();
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void onlyAccountAndPlaybookPackagesStartProcesses() {
        noClasses().that().resideOutsideOfPackages(ROOT + ".account..", ROOT + ".playbook").should()
                .dependOnClassesThat()
                .belongToAnyOf(ProcessBuilder.class, Process.class).check(CLASSES);
    }

    /** The methods of a class named Store are transactions. */
    @Test
    void storesDoNotUseMachinesOrHashPasswords() {
        noClasses().that().haveSimpleNameEndingWith("Store").should().dependOnClassesThat(DRIVERS).orShould()
                .dependOnClassesThat()
                .belongToAnyOf(AccountDriver.class, AccountWorker.class, PasswordHasher.class, PlaybookRunner.class)
                .check(CLASSES);
    }

    @Test
    void classesThatRunTransactionsDoNotUseSshOrProcesses() {
        noClasses().that(RUN_TRANSACTIONS).should().dependOnClassesThat(DRIVERS).check(CLASSES);
    }
}
