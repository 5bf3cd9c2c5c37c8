package dev.dosql.storage.ltx;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** A database that changes, grows and shrinks by chance: its state after each transaction. */
final class History {

  private final Random random;
  private final int pageSize;
  private final List<SortedMap<Long, byte[]>> images = new ArrayList<>();
  private final List<byte[]> files = new ArrayList<>();

  History(Random random, int pageSize) {
    this.random = random;
    this.pageSize = pageSize;
  }

  /** Makes a transaction: some pages are new, some changed, and sometimes the last are gone. */
  void commit() throws IOException {
    SortedMap<Long, byte[]> before = images.isEmpty() ? new TreeMap<>() : image(images.size());
    long size = before.isEmpty() ? 0 : before.lastKey();
    long commit =
        switch (random.nextInt(6)) {
          case 0 -> 1 + random.nextInt(40);
          case 1, 2 -> size + random.nextInt(4);
          default -> size;
        };
    SortedMap<Long, byte[]> changed = new TreeMap<>();
    for (long pgno = 1; pgno <= Math.max(commit, 1); pgno++) {
      if (pgno > size || random.nextInt(8) == 0) {
        changed.put(pgno, Samples.page(pageSize, random));
      }
    }
    commit(Math.max(commit, 1), before, changed);
  }

  private void commit(long commit, SortedMap<Long, byte[]> before, SortedMap<Long, byte[]> changed)
      throws IOException {
    SortedMap<Long, byte[]> image = new TreeMap<>(before.headMap(commit + 1));
    image.putAll(changed);
    images.add(image);
    long txid = images.size();
    files.add(
        Samples.write(
            new LtxHeader(pageSize, commit, txid, txid, time(txid), 32, 100, 1, 2, 0), changed));
  }

  static long time(long txid) {
    return 1_763_823_600_000L + txid;
  }

  /** All pages after a transaction. */
  SortedMap<Long, byte[]> image(int txid) {
    return images.get(txid - 1);
  }

  /** The database file after a transaction. */
  byte[] database(int txid) {
    byte[] bytes = new byte[Math.toIntExact(image(txid).lastKey() * pageSize)];
    image(txid)
        .forEach(
            (pgno, page) ->
                System.arraycopy(page, 0, bytes, (int) (pgno - 1) * pageSize, pageSize));
    return bytes;
  }

  List<byte[]> files(int min, int max) {
    return files.subList(min - 1, max);
  }
}
