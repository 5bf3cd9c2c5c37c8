package dev.dosql.examples.api;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.Size;
import java.util.List;

// region new-order
/** The body of a POST of an order. It has no prices: those are the database's. */
record NewOrder(@NotNull @Size(min = 1, max = 50) List<@NotNull @Valid Item> items) {
  record Item(@Positive long productId, @Positive @Max(1_000) long quantity) {}
}
// endregion
