package dev.dosql.examples.api;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.PositiveOrZero;
import jakarta.validation.constraints.Size;

/**
 * The body of a PUT of a product. Its stock is not here: that only moves, by orders and deliveries.
 */
public record ProductChanges(
    @NotBlank @Size(max = 100) String name,
    @NotNull @PositiveOrZero @Max(100_000_000) Long priceCents) {}
