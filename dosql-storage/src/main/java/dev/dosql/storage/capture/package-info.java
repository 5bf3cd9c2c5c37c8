/** Committed frames of a {@code -wal} become local segments, each forced, in one chain. */
package dev.dosql.storage.capture;
