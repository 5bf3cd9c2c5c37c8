/** What one tenant has in a bucket: head, segments, snapshots; putting, comparing, restoring. */
package dev.dosql.storage.replica;
