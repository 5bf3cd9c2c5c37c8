package dev.dosql;

/**
 * What a batch did.
 *
 * @param executions how many times the statement ran
 * @param changes the rows that it inserted, updated or deleted, over all executions
 * @param lastInsertRowid the rowid of the last row that was inserted, or 0 if none was
 */
public record BatchResult(long executions, long changes, long lastInsertRowid) {}
