/** What callers hold: handles, transactions, snapshots and streams of one tenant. */
@NullMarked
package dev.dosql.internal.session;

import org.jspecify.annotations.NullMarked;
