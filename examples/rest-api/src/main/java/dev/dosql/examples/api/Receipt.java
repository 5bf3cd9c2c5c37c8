package dev.dosql.examples.api;

/** The answer to an order: the same each time that the order is sent with the same key. */
public record Receipt(long orderId, long totalCents) {}
