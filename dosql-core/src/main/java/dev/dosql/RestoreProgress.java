package dev.dosql;

/**
 * How far a restore is.
 *
 * @param tenant the tenant's name
 * @param bytesRead what was read of its objects so far
 * @param bytesKnown what is known to be read; it may grow while the end of the log is looked for
 * @param objects how many objects were read
 */
public record RestoreProgress(String tenant, long bytesRead, long bytesKnown, long objects) {}
