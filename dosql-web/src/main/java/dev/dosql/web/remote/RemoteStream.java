package dev.dosql.web.remote;

import dev.dosql.RowStream;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Rows that are here already, made into values one after the other. */
final class RemoteStream<T> implements RowStream<T> {
  private final List<@Nullable Object[]> rows;
  private final Function<@Nullable Object[], T> reader;
  private final Scope scope;
  private int next;
  private boolean closed;

  RemoteStream(List<@Nullable Object[]> rows, Function<@Nullable Object[], T> reader, Scope scope) {
    this.rows = rows;
    this.reader = reader;
    this.scope = scope;
  }

  /** What a stream ends with. */
  interface Scope {
    /** Whether that has ended. */
    boolean isOver();

    /** Throws if this thread must not use it. */
    void check();
  }

  @Override
  public boolean hasNext() {
    if (closed || next >= rows.size() || scope.isOver()) {
      return false;
    }
    scope.check();
    return true;
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException(closed ? "stream is closed" : "no more rows");
    }
    try {
      return reader.apply(rows.get(next++));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  @Override
  public Stream<T> stream() {
    Spliterator<T> all = Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED);
    return StreamSupport.stream(all, false).onClose(this::close);
  }

  @Override
  public void close() {
    closed = true;
  }
}
