package dev.dosql.examples.api;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Positive;

/** The body of a POST of a delivery: how many pieces came. */
public record Delivery(@Positive @Max(1_000_000) long quantity) {}
