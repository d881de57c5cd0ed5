package io.machinemanager.api.reservation;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.FakeMachines;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;

/** Three free machines, and helpers for tests of the calls on reservations. */
abstract class ReservationApiTestBase {

    @Inject
    ApiFixture scene;

    @Inject
    FakeMachines machines;

    String alice;

    @BeforeEach
    void setUp() {
        scene.reset();
        scene.machines("m1", "m2", "m3");
        alice = ApiFixture.tokenOf("alice");
    }

    ValidatableResponse reserve(String query) {
        return ApiFixture.with(alice).urlEncodingEnabled(false).get("/reserve" + query).then();
    }

    static RequestSpecification json(RequestSpecification request) {
        return request.contentType("application/json");
    }
}
