/**
 * Object stores: named, immutable byte strings that are replaced whole, under a condition or not.
 *
 * <p>What this package promises:
 *
 * <ul>
 *   <li>{@link dev.dosql.storage.ObjectStore} is the whole contract between DoSQL and a place that
 *       keeps bytes. A store that keeps every line of it can hold tenants; one that ignores
 *       preconditions cannot.
 *   <li>Nothing here knows what the bytes mean: no table, no SQL, no tenant.
 *   <li>Every failure of the outside world is an {@link java.io.IOException}; a refused argument is
 *       an {@link IllegalArgumentException}; a call after {@code close()} is an {@link
 *       IllegalStateException}.
 * </ul>
 */
package dev.dosql.storage;
