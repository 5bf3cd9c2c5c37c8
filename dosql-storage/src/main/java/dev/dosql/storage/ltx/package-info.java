/**
 * The LTX file format, to the byte.
 *
 * <p>A file holds pages of one database as of the last of some transactions: version 3, as the
 * package {@code github.com/superfly/ltx} 0.5.2 ({@code ltx.go}, {@code encoder.go}, {@code
 * decoder.go}) writes it for Litestream from 0.5.16, and reads it for Litestream too. All integers
 * are big-endian, but within LZ4.
 *
 * <pre>
 * offset  size  header
 *      0     4  "LTX1"
 *      4     4  flags: 2 (the database has no checksum; Litestream refuses to restore one that has)
 *      8     4  page size, a power of two from 512 to 65536
 *     12     4  commit: the size of the database in pages, after this file
 *     16     8  first transaction, from 1
 *     24     8  last transaction
 *     32     8  time of the last transaction, ms since 1970
 *     40     8  checksum of the database before this file: 0
 *     48     8  offset of its first frame in the -wal, or 0
 *     56     8  length of its frames in the -wal
 *     64     4  salt 1 of the -wal
 *     68     4  salt 2 of the -wal
 *     72     8  node
 *     80    20  0
 *
 * offset  size  frame of a page; page numbers ascend
 *      0     4  page number
 *      4     2  flags: 1
 *      6     4  n, the length of the block
 *     10     n  LZ4 block (lz4_Block_format.md) of one page
 *
 * offset  size  frame of a page as Litestream wrote it until 0.5.15; read, never written
 *      0     4  page number
 *      4     2  flags: 0
 *      6     4  04 22 4d 18, an LZ4 frame (lz4_Frame_format.md), little-endian
 *     10     3  64 40 a7: version 1, independent blocks of 64 KiB, checksum of the content
 *     13     4  n, the length of the block; highest bit: stored, not compressed
 *     17     n  LZ4 block of one page, or the page
 *   17+n     4  0
 *   21+n     4  XXH32 of the page
 *
 *         size  after the frames
 *            6  0
 *        1 - 5  index, for each page: varint page number,
 *       1 - 10    varint offset of its frame in the file,
 *        1 - 4    varint length of its frame; a varint is 7 bits a byte, lowest first
 *            1  0
 *            8  length of the index, with the 0
 *            8  checksum of the database after this file: 0
 *            8  checksum of the file: CRC-64/GO-ISO with the highest bit set
 * </pre>
 *
 * <p>The checksum of the file is that of the header, of each frame with the page instead of the
 * block (without what is LZ4's in the older encoding), and of the rest. <b>It does not cover how
 * pages are compressed:</b> a changed block that still decompresses to the same page is not
 * noticed, and does no harm. Every other change is.
 *
 * <p>What every file keeps to, written or read:
 *
 * <ul>
 *   <li>The page at 1 GiB, which SQLite never uses, is in no file.
 *   <li>No page is beyond {@code commit}.
 *   <li>If the first transaction is 1, every page from 1 to {@code commit} is there.
 *   <li>If another file is before it, every page from its {@code commit} on is there: what is new
 *       is never left out. Only {@link dev.dosql.storage.ltx.LtxReader#follows} can check this.
 *   <li>There may be no pages at all.
 * </ul>
 */
package dev.dosql.storage.ltx;
