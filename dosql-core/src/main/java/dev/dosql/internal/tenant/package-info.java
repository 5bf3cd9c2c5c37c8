/**
 * How tenants live: their names and files, their opening and eviction, and who holds the directory.
 */
@NullMarked
package dev.dosql.internal.tenant;

import org.jspecify.annotations.NullMarked;
