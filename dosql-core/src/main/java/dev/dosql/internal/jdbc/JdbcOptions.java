package dev.dosql.internal.jdbc;

import dev.dosql.Limits;
import dev.dosql.internal.sql.Binder;
import dev.dosql.internal.sql.ParsedSqlCache;
import dev.dosql.internal.values.Values;
import java.time.Duration;

/**
 * What connections of a {@code DataSource} share.
 *
 * @param values conversions of values
 * @param parsed what is known of statements before SQLite sees them
 * @param binder knows how many parameters a statement may have
 * @param waitMax how long a caller waits for a connection, or for a file that a foreign process
 *     holds
 * @param limits how long a transaction, a snapshot or an open result may go on, and how much of a
 *     result may be kept
 */
public record JdbcOptions(
    Values values, ParsedSqlCache parsed, Binder binder, Duration waitMax, Limits limits) {}
