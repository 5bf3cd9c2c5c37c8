package dev.dosql.internal.sql;

import org.jspecify.annotations.Nullable;

/**
 * A statement and the values of one call.
 *
 * @param sql the text for SQLite; not the parsed one only if a list was expanded
 * @param values the encoded value of parameter {@code i + 1} at {@code i}; not copied, not to be
 *     changed
 */
public record Bound(String sql, @Nullable Object[] values) {}
