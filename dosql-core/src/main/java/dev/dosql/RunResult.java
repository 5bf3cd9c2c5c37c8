package dev.dosql;

/**
 * What a statement without rows did.
 *
 * @param changes the rows that this statement itself inserted, updated or deleted: not those of its
 *     triggers and foreign-key actions, and 0 for anything that is not one of the three
 * @param lastInsertRowid the rowid of the last row that this statement inserted, or 0 if it
 *     inserted none, or into a table that has no rowid
 */
public record RunResult(long changes, long lastInsertRowid) {}
