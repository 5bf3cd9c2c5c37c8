/**
 * SQL of one service, run in the database of another: an endpoint for a trusted network, and a
 * client that is a {@link dev.dosql.Queries}. What they say to each other is in {@code
 * docs/remote.md}.
 */
@NullMarked
package dev.dosql.web.remote;

import org.jspecify.annotations.NullMarked;
