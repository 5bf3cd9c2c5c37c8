package dev.dosql.examples.api;

import java.time.Instant;

/**
 * A product, as it is stored and as it is sent.
 *
 * @param priceCents its price now; an order keeps the price of its moment
 * @param stock how many can still be ordered; no change of it is one of the version
 * @param version one more with each change of name or price; what {@code If-Match} is compared with
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
