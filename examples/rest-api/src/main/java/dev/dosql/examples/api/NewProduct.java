package dev.dosql.examples.api;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.PositiveOrZero;
import jakarta.validation.constraints.Size;

/** The body of a POST of a product; money is a whole number of cents. */
public record NewProduct(
    @NotBlank @Size(max = 40) String sku,
    @NotBlank @Size(max = 100) String name,
    @NotNull @PositiveOrZero @Max(100_000_000) Long priceCents,
    @NotNull @PositiveOrZero @Max(1_000_000_000) Long stock) {}
