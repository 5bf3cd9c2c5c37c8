package dev.dosql.storage.ship;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.OptionalLong;

/**
 * Which commits are in which segment, and which the bucket has confirmed. Commits are counted from
 * 1 each time the tenant is opened, segments through its whole history.
 *
 * <p>Safe for use by many threads.
 */
final class Confirmations {
  /** Segments that are not confirmed, oldest first. */
  private final ArrayDeque<Covered> covered = new ArrayDeque<>();

  private volatile long confirmedCommit;
  private volatile long confirmedTxid;

  /** Begins to count commits anew; segments stay. */
  synchronized void reopened() {
    ArrayDeque<Covered> old = new ArrayDeque<>(covered);
    covered.clear();
    old.forEach(each -> covered.add(new Covered(each.txid, 0)));
    confirmedCommit = 0;
  }

  /** Begins to count segments anew, in another history; what is not confirmed is none of it. */
  synchronized void newHistory() {
    covered.clear();
    confirmedTxid = 0;
  }

  /** Notes that segments up to this one hold all commits up to that one. */
  synchronized void captured(long txid, long commit) {
    Covered last = covered.peekLast();
    if (last != null && last.txid == txid) {
      covered.removeLast();
    }
    covered.add(new Covered(txid, commit));
    confirmed(confirmedTxid); // It may hold nothing new.
  }

  /** Notes that the bucket has confirmed segments up to this one. */
  synchronized void confirmed(long txid) {
    confirmedTxid = Math.max(confirmedTxid, txid);
    for (Iterator<Covered> each = covered.iterator(); each.hasNext(); ) {
      Covered next = each.next();
      if (next.txid > confirmedTxid) {
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

  /** Up to which segment all are confirmed. */
  long txid() {
    return confirmedTxid;
  }

  /** The segment that holds a commit; empty if none does yet. */
  synchronized OptionalLong txidOf(long commit) {
    return covered.stream()
        .filter(each -> each.commit >= commit)
        .mapToLong(Covered::txid)
        .findFirst();
  }

  private record Covered(long txid, long commit) {}
}
