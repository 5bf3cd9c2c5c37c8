package dev.dosql.examples.api;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import tools.jackson.databind.JsonNode;

/** The body of a POST of an event; its data is any JSON, and all digits of its numbers are kept. */
record NewEvent(
    @NotNull @Pattern(regexp = "[a-z][a-z0-9._-]{0,59}") String type, @NotNull JsonNode data) {}
