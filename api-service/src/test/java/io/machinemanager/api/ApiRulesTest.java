package io.machinemanager.api;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import java.sql.Connection;

import jakarta.persistence.Entity;

import org.junit.jupiter.api.Test;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

import io.machinemanager.database.RetryingTransactions;

/** The rules on what the classes of the API may use. */
class ApiRulesTest {

    private static final String ROOT = "io.machinemanager.api";

    private static final DescribedPredicate<JavaClass> VIEWS = describe("views",
            type -> outermost(type).getSimpleName().endsWith("View"));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages(ROOT);

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(ApiRulesTest::outermost).orElse(type);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(CLASSES);
    }

    /** Entities never leave over HTTP: the static method {@code of} of a view copies what clients may see. */
    @Test
    void onlyViewsSeeEntities() {
        noClasses().that(DescribedPredicate.not(VIEWS)).should().dependOnClassesThat()
                .areAnnotatedWith(Entity.class).check(CLASSES);
    }

    /** The health check is the exception: it asks the database whether it accepts changes. */
    @Test
    void theApiHasNoQueriesOrTransactionsOfItsOwn() {
        noClasses().that().resideOutsideOfPackage(ROOT + ".health").should().dependOnClassesThat()
                .resideInAnyPackage("jakarta.persistence..", "jakarta.transaction..", "org.hibernate..").orShould()
                .dependOnClassesThat().belongToAnyOf(Connection.class, RetryingTransactions.class).check(CLASSES);
    }

    @Test
    void theApiStartsNoProcesses() {
        noClasses().should().dependOnClassesThat().belongToAnyOf(ProcessBuilder.class, Process.class).check(CLASSES);
    }
}
