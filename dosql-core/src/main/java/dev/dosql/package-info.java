/**
 * What a user of the database calls: {@link dev.dosql.DB} for one tenant, {@link dev.dosql.DoSQL}
 * for many, the values they take and return, and every error they throw.
 */
@NullMarked
package dev.dosql;

import org.jspecify.annotations.NullMarked;
