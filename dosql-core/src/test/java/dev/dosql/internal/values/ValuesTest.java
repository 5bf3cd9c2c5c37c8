package dev.dosql.internal.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.Converter;
import dev.dosql.MappingException;
import dev.dosql.Row;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class ValuesTest {
  private final Values values = new Values(List.of(new MoneyConverter()), null);

  record Money(long cents) {}

  record Priced(String name, Money price, Optional<Money> old) {}

  record One(long a) {}

  /** Amounts as cents; of text it makes nothing. */
  static final class MoneyConverter implements Converter<Money> {
    @Override
    public Class<Money> type() {
      return Money.class;
    }

    @Override
    public Object toColumn(Money value) {
      return value.cents();
    }

    @Override
    public Money fromColumn(Object column) {
      if (column instanceof String) {
        throw new IllegalArgumentException("no text");
      }
      return new Money((Long) column);
    }
  }

  @Test
  void converter_readsSingleValuesCellsAndComponents() {
    List<String> columns = List.of("name", "price", "old");
    StoredRow row = StoredRow.of("x", 5L, null);

    assertThat(values.reader(Money.class, List.of("n")).read(StoredRow.of(5L)))
        .isEqualTo(new Money(5));
    assertThat(values.rowReader(columns).read(row).get("price", Money.class))
        .isEqualTo(new Money(5));
    assertThat(values.reader(Priced.class, columns).read(row))
        .isEqualTo(new Priced("x", new Money(5), Optional.empty()));
  }

  @Test
  void converter_isNotAskedForNull() {
    assertThat(values.reader(Money.class, List.of("n")).read(StoredRow.of(new Object[] {null})))
        .isNull();
  }

  @Test
  void converterThatFails_isNamedWithTheColumn() {
    RowReader<Money> reader = values.reader(Money.class, List.of("n"));

    assertThatExceptionOfType(MappingException.class)
        .isThrownBy(() -> reader.read(StoredRow.of("text")))
        .withMessageContainingAll("column=n", "stored=TEXT", "converter")
        .withCauseInstanceOf(IllegalArgumentException.class);
    assertThatExceptionOfType(MappingException.class)
        .isThrownBy(() -> reader.read(StoredRow.of(1.5)))
        .withMessageContainingAll("column=n", "stored=REAL")
        .withCauseInstanceOf(ClassCastException.class);
  }

  @Test
  void mapper_getsEachRowAndMayKeepIt() {
    List<Row> kept = new ArrayList<>();
    RowReader<Long> reader =
        values.reader(
            row -> {
              kept.add(row);
              return row.getLong("a") + 1;
            },
            List.of("a"));

    assertThat(reader.read(StoredRow.of(1L))).isEqualTo(2);
    assertThat(reader.read(StoredRow.of(2L))).isEqualTo(3);
    assertThat(kept).extracting(row -> row.get(0)).containsExactly(1L, 2L);
  }

  @Test
  void mapperThatThrows_throwsAsItIs() {
    RuntimeException thrown = new IllegalStateException();
    RowReader<Object> reader =
        values.reader(
            (Row row) -> {
              throw thrown;
            },
            List.of("a"));

    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> reader.read(StoredRow.of(1L)))
        .isSameAs(thrown);
  }

  @Test
  void reader_ofOneTypeAndColumns_isMadeOnce() {
    RowReader<One> reader = values.reader(One.class, List.of("a"));

    assertThat(values.reader(One.class, List.of("a"))).isSameAs(reader);
    assertThat(values.reader(One.class, List.of("A"))).isNotSameAs(reader);
    assertThat(values.rowReader(List.of("a"))).isSameAs(values.rowReader(List.of("a")));
    assertThat(new Values(List.of(), null).reader(One.class, List.of("a"))).isNotSameAs(reader);
  }

  @Test
  void readers_ofManyColumnLists_areNotAllKept() {
    Set<RowReader<?>> first = new HashSet<>();
    Set<RowReader<?>> second = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      first.add(values.reader(One.class, List.of("a", "x" + i)));
      first.add(values.rowReader(List.of("a", "x" + i)));
    }
    for (int i = 0; i < 1000; i++) {
      second.add(values.reader(One.class, List.of("a", "x" + i)));
      second.add(values.rowReader(List.of("a", "x" + i)));
    }

    second.retainAll(first);
    assertThat(second).hasSizeLessThanOrEqualTo(2 * 256);
  }

  @Test
  void readers_usedByManyThreads_readTheSame() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      Callable<Boolean> work =
          () -> {
            for (long i = 0; i < 5000; i++) {
              List<String> columns = List.of("x" + i % 500, "a");
              One one = values.reader(One.class, columns).read(StoredRow.of(0L, i));
              Row row = values.rowReader(columns).read(StoredRow.of(0L, i));
              if (one.a() != i || !row.get("a", Long.class).equals(i)) {
                return false;
              }
            }
            return true;
          };
      for (var done : threads.invokeAll(List.of(work, work, work, work))) {
        assertThat(done.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void classes_thatWereMapped_canBeUnloaded() throws Exception {
    WeakReference<Class<?>> mapped = mapClassOfItsOwn(values);

    awaitCleared(mapped);
    Reference.reachabilityFence(values);
  }

  private static WeakReference<Class<?>> mapClassOfItsOwn(Values values) throws IOException {
    Class<?> type = new OwnLoader().define(Reloaded.class);
    assertThat(type).isNotEqualTo(Reloaded.class);
    assertThat(values.reader(type, List.of("a")).read(StoredRow.of(1L)))
        .hasToString("Reloaded[a=1]");
    return new WeakReference<>(type);
  }

  /** Loads a class once more. */
  private static final class OwnLoader extends ClassLoader {
    OwnLoader() {
      super(OwnLoader.class.getClassLoader());
    }

    Class<?> define(Class<?> original) throws IOException {
      String file = original.getName().replace('.', '/') + ".class";
      try (InputStream in = original.getModule().getResourceAsStream(file)) {
        byte[] bytes = in.readAllBytes();
        return defineClass(original.getName(), bytes, 0, bytes.length);
      }
    }
  }

  @Test
  void values_whoseClassesLiveOn_canBeCollected() throws Exception {
    awaitCleared(useValuesOfItsOwn());
  }

  private static WeakReference<Values> useValuesOfItsOwn() {
    Values values = new Values(List.of(new MoneyConverter()), null);
    values.reader(One.class, List.of("a")).read(StoredRow.of(1L));
    values.reader(Money.class, List.of("a")).read(StoredRow.of(1L));
    values.reader(Row.class, List.of("a")).read(StoredRow.of(1L)).get(0, Long.class);
    return new WeakReference<>(values);
  }

  private static void awaitCleared(WeakReference<?> reference) throws InterruptedException {
    for (int i = 0; i < 100 && reference.get() != null; i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertThat(reference.get()).isNull();
  }
}

/** Not nested, so that it can be loaded without the class around it. */
record Reloaded(long a) {}
