package dev.dosql;

import java.util.Optional;

/**
 * A column of a result.
 *
 * @param name its name, or its alias
 * @param table the table it comes from, or empty for an expression
 * @param declaredType its type as the table declares it, or empty for an expression or a column
 *     without one
 */
public record Column(String name, Optional<String> table, Optional<String> declaredType) {}
