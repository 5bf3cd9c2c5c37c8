package dev.dosql.storage;

/**
 * One line of a listing.
 *
 * @param key the object's key
 * @param size its length in bytes
 */
public record ListedObject(String key, long size) {}
