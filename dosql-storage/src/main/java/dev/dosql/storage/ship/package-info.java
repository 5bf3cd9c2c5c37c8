/**
 * When segments of tenants go to the bucket, how fast, and who waits for that.
 *
 * <p>Everything here is started by a commit or by somebody who waits, and ends when the bucket has
 * all: a tenant that nobody writes to has no thread, no timer and no request.
 */
@NullMarked
package dev.dosql.storage.ship;

import org.jspecify.annotations.NullMarked;
