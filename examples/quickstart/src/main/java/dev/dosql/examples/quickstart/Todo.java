package dev.dosql.examples.quickstart;

/** A todo, as it is stored and as it is sent. */
public record Todo(long id, String title, boolean done) {}
