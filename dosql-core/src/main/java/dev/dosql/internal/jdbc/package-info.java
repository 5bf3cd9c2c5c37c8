/** A tenant as a {@code javax.sql.DataSource}: JDBC spoken on connections of the engine. */
@NullMarked
package dev.dosql.internal.jdbc;

import org.jspecify.annotations.NullMarked;
