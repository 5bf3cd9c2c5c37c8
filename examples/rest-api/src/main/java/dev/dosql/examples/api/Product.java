package dev.dosql.examples.api;

import java.time.Instant;

/**
 * A product, as it is stored and as it is sent.
 *
 * @param priceCents its price now; an order keeps the price of its moment
 * @param stock how many can still be ordered
 */
public record Product(
    long id,
    String sku,
    String name,
    long priceCents,
    long stock,
    long version,
    Instant createdAt,
    Instant updatedAt) {}
