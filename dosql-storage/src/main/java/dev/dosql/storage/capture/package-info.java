/**
 * Committed frames of a {@code -wal} become local segments, each forced, in one chain.
 *
 * <p><b>The directory of a log.</b> Each file is written under a name that ends in {@code .tmp},
 * forced, and renamed; so one that has its name is complete. Only the mark of a database that was
 * just brought here is not forced, since a torn one is no worse than none. Files that end in {@code
 * .tmp} are deleted when the log is opened; those that end in {@code .bad} were found damaged, and
 * stay.
 *
 * <pre>
 * &lt;txid&gt;-&lt;chain&gt;-&lt;sums&gt;.ltx   a segment that is not known to be in the bucket; each is 16 hex digits
 * position                     from where the segments go on
 * mark                         when the database file held what was captured and nothing else; may be missing
 * </pre>
 *
 * <p>A segment is an LTX file with the transactions {@code txid} to {@code txid}. Its header has
 * the salts of the {@code -wal}, where in it the first frame begins, and how long the frames are;
 * {@code sums} is the running checksum of the {@code -wal} where they end. Together with the page
 * size and the size of the database that is a <i>cursor</i>, from where the next segment goes on.
 *
 * <p>The two small files; integers are big-endian. A position is 16 digits of lineage, 8 bytes of
 * txid and 16 digits of chain. In a cursor of a database whose {@code -wal} is not known, salts,
 * offset and sums are 0; where nothing is known of the database, the page size is 0 as well.
 *
 * <pre>
 * position                                       mark
 *   0   8  magic "dosqlps1"                        0   8  magic "dosqlmk1"
 *   8  40  position                                8  40  position
 *  48   8  cursor: salts                          48   8  cursor: salts
 *  56   8          offset of the end              56   8          offset of the end
 *  64   8          sums                           64   8          sums
 *  72   4          page size                      72   4          page size
 *  76   8          size in pages                  76   8          size in pages
 *  84   8  time of the segment, ms since 1970     84   8  length of the database file
 *  92   4  whether there is a parent, 1 or 0      92   8  its last change, seconds since 1970
 *  96   4  number of origins                     100   4  and nanoseconds
 * 100  40  parent, if there is one               104   4  CRC-32 of all before it
 *      40  each origin
 *       4  CRC-32 of all before it
 * </pre>
 *
 * <p>The parent and the origins are there until the first segment of the lineage is in the bucket.
 * The parent is the position that the lineage comes from; the origins are the positions of earlier
 * lineages at which the bucket may stand until then, since puts of them may have been answered to
 * nobody.
 *
 * <p><b>How the next segment goes on from the cursor.</b>
 *
 * <table>
 *   <caption>By what is seen of the {@code -wal}</caption>
 *   <tr><th>the {@code -wal}</th><th>and</th><th>next</th></tr>
 *   <tr><td>has the salts of the cursor</td><td>the checksum at the cursor is that of the cursor</td>
 *     <td>the frames behind it</td></tr>
 *   <tr><td></td><td>another commit is there</td><td>an image</td></tr>
 *   <tr><td></td><td>it ends before the cursor</td>
 *     <td>{@link dev.dosql.storage.capture.DatabaseBehindException}; an image if the mark
 *     holds</td></tr>
 *   <tr><td>has other salts</td><td>the mark holds, and no frame of the old ones follows the
 *     cursor</td><td>the frames from the first</td></tr>
 *   <tr><td></td><td>otherwise</td><td>an image</td></tr>
 *   <tr><td>is missing, empty, or has no valid header</td><td>the mark holds</td>
 *     <td>nothing</td></tr>
 *   <tr><td></td><td>otherwise</td><td>an image</td></tr>
 * </table>
 *
 * <p>The mark holds if it is that of the newest position and cursor, and the database file has the
 * length and the time that are in it. This proves that nothing was lost: SQLite begins a {@code
 * -wal} anew, cuts or deletes it only when all of it was moved into the database file, and moving
 * anything changes the file's time. When the mark was made, the {@code -wal} ended at the cursor
 * and all of it was moved; so nothing else was moved before, and nothing at all since. A foreign
 * process that commits and checkpoints in the same tick of the file system's clock as our
 * checkpoint is not noticed, if it leaves the length as it was: the tick is some milliseconds on
 * today's file systems, but a second on ext3 and HFS+, and two on FAT.
 *
 * <p>The {@code -wal} is forced before a segment gets its name. So after a loss of power the
 * database never lacks what its log holds, unless the disk forgot what it was told to keep.
 *
 * <p>Nothing here opens the database file or its {@code -shm}: closing either would end SQLite's
 * locks in this process. An image is made by SQLite, and needs room for two copies of the database
 * in the directory while it is made.
 */
package dev.dosql.storage.capture;
