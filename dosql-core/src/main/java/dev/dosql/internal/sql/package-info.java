/**
 * SQL text, as it is known before SQLite sees it: its tokens, its statements, its parameters, and
 * what is refused.
 */
@NullMarked
package dev.dosql.internal.sql;

import org.jspecify.annotations.NullMarked;
