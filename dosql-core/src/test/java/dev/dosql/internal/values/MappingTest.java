package dev.dosql.internal.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.MappingException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MappingTest {
  private final Values values = new Values(List.of(), null);

  private record User(long id, String fullName, boolean active) {}

  private record Every(
      boolean a, byte b, short c, int d, long e, float f, double g, char h, String i, byte[] j) {}

  private record Optionals(Optional<String> name, Optional<Long> age, Optional<byte[]> data) {}

  private record Empty() {}

  private record Nested(long id, User user) {}

  private record Checked(int positive) {
    Checked {
      if (positive < 0) {
        throw new IllegalStateException("negative");
      }
      assert positive != 0 : "zero";
    }
  }

  record Raw(@SuppressWarnings("rawtypes") Optional value) {}

  record Wild(Optional<?> value) {}

  record Generic<T>(T value) {}

  record Listed(List<String> value) {}

  record NestedOptional(Optional<Optional<String>> value) {}

  @Test
  void record_readByItsConstructor_takesColumnsInAnyOrderAndMore() {
    User user = read(User.class, List.of("active", "x", "full_name", "ID"), 1L, null, "Ada", 7L);

    assertThat(user).isEqualTo(new User(7, "Ada", true));
  }

  @Test
  void record_ofEveryPrimitive_isRead() {
    Every every =
        read(
            Every.class,
            List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"),
            1L,
            2L,
            3L,
            4L,
            5L,
            6.5,
            7L,
            "h",
            "i",
            new byte[] {9});

    assertThat(every)
        .usingRecursiveComparison()
        .isEqualTo(new Every(true, (byte) 2, (short) 3, 4, 5, 6.5f, 7, 'h', "i", new byte[] {9}));
  }

  @Test
  void record_withoutComponents_isMade() {
    assertThat(read(Empty.class, List.of("a"), 1L)).isEqualTo(new Empty());
  }

  @Test
  void record_localToAMethod_isMade() {
    record Local(int a) {}

    assertThat(read(Local.class, List.of("a"), 1L)).isEqualTo(new Local(1));
  }

  @Test
  void optionals_ofNullAndValues_areEmptyAndPresent() {
    List<String> columns = List.of("name", "age", "data");

    assertThat(read(Optionals.class, columns, null, null, null))
        .isEqualTo(new Optionals(Optional.empty(), Optional.empty(), Optional.empty()));
    Optionals present = read(Optionals.class, columns, "x", 3L, new byte[] {1});
    assertThat(present.name()).contains("x");
    assertThat(present.age()).contains(3L);
    assertThat(present.data().orElseThrow()).containsExactly(1);
    assertRefused(() -> read(Optionals.class, columns, "x", "3", null))
        .withMessageContainingAll("column=age", "target=java.lang.Long");
  }

  @Test
  void null_forAPrimitiveComponent_isRefusedByColumn() {
    assertRefused(() -> read(User.class, List.of("id", "full_name", "active"), 1L, "x", null))
        .withMessageContainingAll("column=active", "stored=NULL", "target=boolean");
  }

  @Test
  void null_forAReferenceComponent_isNull() {
    assertThat(read(User.class, List.of("id", "full_name", "active"), 1L, null, 0L).fullName())
        .isNull();
  }

  @Test
  void column_missingForAComponent_isRefused() {
    assertRefused(() -> read(User.class, List.of("id", "active"), 1L, 1L))
        .withMessageContainingAll("fullName", User.class.getTypeName(), "[id, active]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"fullName", "FULLNAME", "full_name", "FULL_NAME", "fullname", "_full__Name"})
  void column_differingByCaseAndUnderscores_meetsTheComponent(String column) {
    assertThat(read(User.class, List.of("id", column, "active"), 1L, "x", 1L).fullName())
        .isEqualTo("x");
  }

  @Test
  void column_ofTheExactName_isPreferred() {
    List<String> columns = List.of("full_name", "FULLNAME", "id", "active");

    assertThat(read(User.class, columns, "folded", "exact", 1L, 1L).fullName()).isEqualTo("exact");
  }

  @Test
  void columns_twoForOneComponent_areRefusedByName() {
    assertRefused(
            () ->
                read(User.class, List.of("full_name", "f_ullname", "id", "active"), "", "", 1L, 1L))
        .withMessageContainingAll("fullName", "full_name at 0", "f_ullname at 1");
    assertRefused(
            () -> read(User.class, List.of("id", "full_name", "ID", "active"), 1L, "", 1L, 1L))
        .withMessageContainingAll("id at 0", "ID at 2");
  }

  @Test
  void columns_doubledButNotMapped_areIgnored() {
    assertThat(
            read(User.class, List.of("x", "id", "x", "full_name", "active"), 1L, 2L, 3L, "", 1L)
                .id())
        .isEqualTo(2);
  }

  @Test
  void constructor_thatThrows_throwsAsItIs() {
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> read(Checked.class, List.of("positive"), -1L))
        .withMessage("negative");
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> read(Checked.class, List.of("positive"), 0L))
        .withMessage("zero");
  }

  @Test
  void component_thatNothingReads_isRefused() {
    assertRefused(() -> read(Nested.class, List.of("id", "user"), 1L, 1L))
        .withMessageContainingAll("nested record", "user", User.class.getTypeName(), "Converter");
    assertRefused(() -> read(Listed.class, List.of("value"), "x"))
        .withMessageContainingAll("java.util.List", "Converter");
    assertRefused(() -> read(Generic.class, List.of("value"), "x"))
        .withMessageContaining("type variable");
    for (Class<?> type : List.of(Raw.class, Wild.class, NestedOptional.class)) {
      assertRefused(() -> read(type, List.of("value"), "x")).withMessageContaining("Optional");
    }
  }

  @Test
  void singleValue_ofOneColumn_isThatColumn() {
    assertThat(read(long.class, List.of("n"), 1L)).isEqualTo(1L);
    assertThat(read(String.class, List.of("n"), "x")).isEqualTo("x");
    assertThat(read(UUID.class, List.of("n"), new Object[] {null})).isNull();
    assertThat(read(Object.class, List.of("n"), 1.5)).isEqualTo(1.5);
  }

  @Test
  void singleValue_ofMoreOrNoColumns_isRefused() {
    assertRefused(() -> read(long.class, List.of("a", "b"), 1L, 2L))
        .withMessageContainingAll("one column", "2", "type=long", "[a, b]");
    assertRefused(() -> read(String.class, List.of()));
  }

  /** A bean with setters, a fluent one, a public field and an Optional. */
  public static class Bean {
    public int visits = -1;
    private long id = -1;
    private String name = "default";
    private Optional<String> note = Optional.of("default");
    public static String shared = "default";
    public final String constant = "default";

    public void setId(long id) {
      this.id = id;
    }

    public Bean setFullName(String name) {
      this.name = name;
      return this;
    }

    public void setNote(Optional<String> note) {
      this.note = note;
    }

    public static void setStatic(String value) {
      shared = value;
    }

    void setHidden(String value) {
      shared = value;
    }
  }

  /** A bean of a class that is not public, with an inherited property and a bridge. */
  static class Derived extends Bean {
    String extra;

    private Derived() {}

    public void setExtra(String extra) {
      this.extra = extra;
    }
  }

  abstract static class Holder<T> {
    abstract void setValue(T value);
  }

  public static class Bridged extends Holder<String> {
    String value;

    @Override
    public void setValue(String value) {
      this.value = value;
    }
  }

  static class Hidden {
    public String value;
    String set;

    public void setIt(String value) {
      set = value;
    }
  }

  public static class Shown extends Hidden {}

  public static class Overloaded {
    String value;

    public void setValue(long value) {
      this.value = "long";
    }

    public void setValue(String value) {
      this.value = value;
    }

    public String getValue() {
      return value;
    }
  }

  public static class Ambiguous {
    public int other;

    public void setValue(long value) {}

    public void setValue(String value) {}
  }

  public static class Failing {
    public void setValue(String value) throws IOException {
      if (value.equals("checked")) {
        throw new IOException("checked");
      }
      throw new IllegalArgumentException("unchecked");
    }
  }

  public static class Constructed {
    public int a;

    public Constructed(int a) {}
  }

  public static class Propertyless {}

  public abstract static class Abstract {
    public int a;
  }

  public class Inner {
    public int a;
  }

  @Test
  void bean_readBySettersAndFields_keepsWhatHasNoColumn() {
    List<String> columns = List.of("visits", "id", "full_name", "other");
    Bean bean = read(Bean.class, columns, 5L, 7L, "Ada", 1L);

    assertThat(bean.visits).isEqualTo(5);
    assertThat(bean.id).isEqualTo(7);
    assertThat(bean.name).isEqualTo("Ada");
    assertThat(bean.note).contains("default");
  }

  @Test
  void bean_withNull_isSetToNullOrEmpty() {
    Bean bean = read(Bean.class, List.of("full_name", "note"), null, null);

    assertThat(bean.name).isNull();
    assertThat(bean.note).isEmpty();
    assertRefused(() -> read(Bean.class, List.of("id"), new Object[] {null}))
        .withMessageContaining("column=id");
  }

  @Test
  void bean_staticFinalAndHiddenMembers_areNoProperties() {
    for (String column : List.of("shared", "constant", "static", "hidden")) {
      assertRefused(() -> read(Bean.class, List.of(column), "x"))
          .withMessageContaining("no column has the name of a property");
    }
    assertThat(Bean.shared).isEqualTo("default");
  }

  @Test
  void bean_notPublic_isMade() {
    Derived bean = read(Derived.class, List.of("extra", "id"), "x", 3L);

    assertThat(bean.extra).isEqualTo("x");
    assertThat(((Bean) bean).id).isEqualTo(3);
  }

  @Test
  void bean_withBridgesOrAHiddenParent_isMade() {
    assertThat(read(Bridged.class, List.of("value"), "x").value).isEqualTo("x");
    Shown shown = read(Shown.class, List.of("it", "value"), "x", "y");
    assertThat(shown.set).isEqualTo("x");
    assertThat(shown.value).isEqualTo("y");
  }

  @Test
  void bean_withOverloadedSetters_goesByTheGetter() {
    assertThat(read(Overloaded.class, List.of("value"), "x").value).isEqualTo("x");
    assertThat(read(Ambiguous.class, List.of("other"), 1L).other).isEqualTo(1);
    assertRefused(() -> read(Ambiguous.class, List.of("value"), "x"))
        .withMessageContainingAll("value", "setters");
  }

  @Test
  void bean_thatThrows_throwsAsItIsOrWrapped() {
    assertRefused(() -> read(Failing.class, List.of("value"), "checked"))
        .withCauseInstanceOf(IOException.class);
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> read(Failing.class, List.of("value"), "x"))
        .withMessage("unchecked");
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        Constructed.class,
        Propertyless.class,
        Abstract.class,
        Inner.class,
        Runnable.class,
        int[].class,
        List.class,
        ArrayList.class,
        Map.class,
        void.class,
        Number.class,
        Optional.class,
        Override.class
      })
  void type_withNeither_isRefusedWithAdvice(Class<?> type) {
    assertRefused(() -> read(type, List.of("a"), 1L))
        .withMessageContainingAll(
            "value table", "Converter", "record", "constructor", "setters", type.getTypeName());
  }

  private static ThrowableAssertAlternative<MappingException> assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return assertThatExceptionOfType(MappingException.class).isThrownBy(call);
  }

  private <T> T read(Class<T> type, List<String> columns, Object... row) {
    return values.reader(type, columns).read(StoredRow.of(row));
  }
}
