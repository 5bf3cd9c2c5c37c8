/**
 * SQL text cut as SQLite cuts it: tokens and statements. The one place that knows where a string, a
 * comment or a trigger ends.
 */
@NullMarked
package dev.dosql.migrations.lexer;

import org.jspecify.annotations.NullMarked;
