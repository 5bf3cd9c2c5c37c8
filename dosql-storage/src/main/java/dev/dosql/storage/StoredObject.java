package dev.dosql.storage;

/**
 * An object, or a range of one, in memory.
 *
 * @param info what is known of the whole object
 * @param bytes the bytes read, which belong to the caller
 */
public record StoredObject(ObjectInfo info, byte[] bytes) {}
