package dev.dosql.bench;

/** A row of the table that is read, five columns wide. */
public record Account(long id, String name, String email, double balance, long createdAt) {}
