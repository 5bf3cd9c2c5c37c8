/**
 * What one tenant has in a bucket: head, segments, snapshots; putting, comparing, restoring.
 *
 * <p><b>Objects</b> under the tenant's prefix; {@code N} is 16 hex digits, as in the names of
 * Litestream, whose tools read a lineage's folder as a replica and ignore the head:
 *
 * <pre>
 * head.json                     whose the tenant is and which history is its present one
 * &lt;lineage&gt;/0000/&lt;N&gt;-&lt;N&gt;.ltx   segment N, from 1 without a gap; the first holds every page
 * &lt;lineage&gt;/0009/&lt;1&gt;-&lt;N&gt;.ltx   snapshot: every page as of segment N
 * </pre>
 *
 * <p>Only the head is ever replaced, by compare-and-set; everything else is put if absent.
 *
 * <p><b>Metadata</b> of every segment and snapshot:
 *
 * <pre>
 * litestream-timestamp   the time in the file's header, RFC 3339, UTC
 * dosql-chain            chain(N), 16 hex digits
 * dosql-epoch            &lt;epoch, decimal&gt;-&lt;first 16 hex digits of SHA-256(chain + ':' + epoch)&gt;
 *
 * chain(0) = first 16 hex digits of SHA-256(lineage)
 * chain(N) = first 16 hex digits of SHA-256(chain(N-1) + ':' + file checksum of segment N)
 * </pre>
 *
 * <p>Each part is ASCII, checksums are 16 hex digits. The epoch is that of the owner that put the
 * object. It never goes down along a history; so a segment that does not continue the chain and has
 * a lower epoch than one before it is known to be an old owner's. Any other that does not continue
 * the chain is an error.
 *
 * <p><b>A fence</b> is a segment without pages: page size and size as in the segment before it, the
 * epoch of the new owner as NodeID and in its metadata, WAL offset 32.
 *
 * <p><b>{@code head.json}</b>, UTF-8, one member a line in this order:
 *
 * <pre>
 * format      1. A later format has a greater number, and is refused
 * tenant      the tenant's name, any Unicode; unpaired surrogates and controls escaped
 * lineage     the present history, 16 hex digits
 * parents     [{lineage, txid, chain}…] where it came from, newest first: the position in each
 *             earlier lineage at which the next begins
 * node        who owns it, or owned it last
 * claim       16 hex digits, random for each claim
 * epoch       how often it was claimed or deleted, from 1
 * released    whether the owner gave it up with everything shipped, so that no fence is needed
 * fenceDue    whether the claim was from another node and nothing was written since: a next claim
 *             puts the fence again
 * last        {lineage, txid, chain}: the newest position when this was written; all up to there
 *             must be found, and there may be more
 * snapshots   [{lineage, txid, chain, length, checksum}…] the newest few, those of the present
 *             lineage first, newest first; length in bytes, checksum that of the file
 * floor       the first segment that is kept one by one
 * deleted     null, or when the tenant was deleted: a tombstone
 * updated     when this was written
 * seal        first 32 hex digits of SHA-256 of all bytes before the comma that precedes this line
 * </pre>
 *
 * <p>Txids, checksums and the floor are strings of 16 hex digits, times ISO-8601 in UTC, the others
 * JSON numbers and booleans. What is read must be to the byte what would be written: a member that
 * is unknown, missing, or in another form is refused like damage. It is written at a claim, at the
 * beginning of a lineage, after a snapshot, at a release and as a tombstone; never for a commit.
 *
 * <p>Requests when all goes well: a segment takes 1 put; a snapshot 2; a claim 1, and with a fence
 * the reads of the tail and 1 more put; a takeover a claim, a restore, and 1 put; an ownership
 * check 1 get; a comparison of equals 6 gets in 1 round trip; a restore the head, the snapshot, the
 * segments and up to 8 that are absent, in 2 round trips if the snapshot fits in a part, and no
 * more than 4 segments have come since the head was written. Never a list.
 */
package dev.dosql.storage.replica;
