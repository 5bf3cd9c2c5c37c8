package dev.dosql.internal.session;

import dev.dosql.RowStream;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What every row stream is as a {@link Stream}. */
abstract class AbstractStream<T> implements RowStream<T> {
  @Override
  public final Stream<T> stream() {
    Spliterator<T> rows = Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED);
    return StreamSupport.stream(rows, false).onClose(this::close);
  }
}
