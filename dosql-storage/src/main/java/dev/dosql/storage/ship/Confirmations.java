package dev.dosql.storage.ship;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.OptionalLong;

/**
 * Which commits are in which segment, and which the bucket has confirmed. Commits are counted from
 * 1 each time the tenant is opened, segments through one history.
 *
 * <p>Memory is taken by segments that wait on the disk; those that were put are remembered as one.
 *
 * <p>Safe for use by many threads.
 */
final class Confirmations {
  /** Segments that are not confirmed, oldest first. */
  private final ArrayDeque<Covered> covered = new ArrayDeque<>();

  private String lineage = "";
  private volatile long confirmedCommit;
  private volatile long confirmedTxid;

  /** Begins to count commits anew; segments stay. */
  synchronized void reopened() {
    ArrayDeque<Covered> old = new ArrayDeque<>(covered);
    covered.clear();
    old.forEach(each -> covered.add(new Covered(each.txid, 0)));
    confirmedCommit = 0;
  }

  /** Notes that segments of a history up to this one hold all commits up to that one. */
  synchronized void captured(String history, long txid, long commit) {
    if (!history.equals(lineage)) {
      covered.clear(); // What is not confirmed of another history will not be.
      lineage = history;
      confirmedTxid = 0;
    }
    Covered last = covered.peekLast();
    if (last != null && last.txid == txid) {
      covered.removeLast();
    }
    covered.add(new Covered(txid, commit));
    take(confirmedTxid); // It may hold nothing new.
  }

  /** Notes that segments of a history up to this one were put, but are not confirmed. */
  synchronized void put(String history, long txid) {
    if (!history.equals(lineage)) {
      return;
    }
    long commit = -1;
    while (!covered.isEmpty() && covered.peekFirst().txid <= txid) {
      commit = covered.removeFirst().commit;
    }
    if (commit >= 0) {
      covered.addFirst(new Covered(txid, commit));
    }
  }

  /** Notes that the bucket has confirmed segments of a history up to this one. */
  synchronized void confirmed(String history, long txid) {
    if (history.equals(lineage) || covered.isEmpty() && lineage.isEmpty()) {
      lineage = history;
      take(Math.max(confirmedTxid, txid));
    }
  }

  private void take(long txid) {
    confirmedTxid = txid;
    for (Iterator<Covered> each = covered.iterator(); each.hasNext(); ) {
      Covered next = each.next();
      if (next.txid > txid) {
        return;
      }
      confirmedCommit = Math.max(confirmedCommit, next.commit);
      each.remove();
    }
  }

  /** Up to which commit all are confirmed. */
  long commit() {
    return confirmedCommit;
  }

  /** Up to which segment of a history all are confirmed. */
  synchronized long txid(String history) {
    return history.equals(lineage) ? confirmedTxid : 0;
  }

  /** The segment that holds a commit; empty if none does yet. */
  synchronized OptionalLong txidOf(long commit) {
    return covered.stream()
        .filter(each -> each.commit >= commit)
        .mapToLong(Covered::txid)
        .findFirst();
  }

  /** How many segments it remembers. */
  synchronized int size() {
    return covered.size();
  }

  private record Covered(long txid, long commit) {}
}
