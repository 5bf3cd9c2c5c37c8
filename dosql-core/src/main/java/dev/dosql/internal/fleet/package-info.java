/** Work for every tenant of a directory: who is next, who failed, and what is left. */
@NullMarked
package dev.dosql.internal.fleet;

import org.jspecify.annotations.NullMarked;
