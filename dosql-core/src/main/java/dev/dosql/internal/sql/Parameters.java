package dev.dosql.internal.sql;

import dev.dosql.migrations.lexer.Names;
import dev.dosql.migrations.lexer.TokenKind;
import dev.dosql.migrations.lexer.Tokens;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a statement: SQLite's numbers, their names, and the places where they stand.
 *
 * <p>Immutable; safe for use by many threads. Arrays "by number" hold parameter {@code n} at {@code
 * n - 1}.
 */
final class Parameters {
  /** What any SQLite takes; some are built to take more. */
  static final int NUMBER_MAX = 32_766;

  private final String sql;
  private final int count;
  private final @Nullable String[] names;
  private final boolean[] lists;
  private final Set<String> nameSet;
  private final boolean positional;
  private final int[] starts;
  private final int[] ends;
  private final int[] numbers;

  private Parameters(Reader from) {
    this.sql = from.tokens.sql();
    this.count = from.count;
    this.names = from.namesByNumber();
    this.lists = from.listsByNumber();
    this.nameSet = Set.copyOf(from.names.values());
    this.positional = from.positional;
    this.starts = Arrays.copyOf(from.starts, from.places);
    this.ends = Arrays.copyOf(from.ends, from.places);
    this.numbers = Arrays.copyOf(from.numbers, from.places);
  }

  /** Finds the parameters of a statement, which begins in this line of its script or 0. */
  static Parameters of(Tokens tokens, int line) {
    return new Parameters(new Reader(tokens, line));
  }

  /** The statement. */
  String sql() {
    return sql;
  }

  /** The highest number. */
  int count() {
    return count;
  }

  /** How many places there are. */
  int places() {
    return numbers.length;
  }

  /** Where a place begins in the SQL. */
  int start(int place) {
    return starts[place];
  }

  /** Where a place ends in the SQL. */
  int end(int place) {
    return ends[place];
  }

  /** The number of the parameter at a place. */
  int number(int place) {
    return numbers[place];
  }

  /** The name of a parameter without its prefix; null if it has none. */
  @Nullable String name(int number) {
    return names[number - 1];
  }

  /** Every name. */
  Set<String> names() {
    return nameSet;
  }

  /** Whether some parameters have no name. */
  boolean hasPositional() {
    return positional;
  }

  /** Whether every place of a parameter is alone in {@code IN (…)}. */
  boolean takesList(int number) {
    return lists[number - 1];
  }

  /** A parameter as a message names it. */
  String shown(int number) {
    String name = names[number - 1];
    return name == null ? "?" + number : Names.shown(name);
  }

  /** Numbers the parameters of a statement in the order in which SQLite does. */
  private static final class Reader {
    private final Tokens tokens;
    private final int line;
    private final Map<String, Integer> numberByText = new HashMap<>();
    private final Map<Integer, String> names = new HashMap<>();
    private final Set<Integer> outsideLists = new HashSet<>();
    private int count;
    private boolean positional;
    private int places;
    private int[] starts = new int[8];
    private int[] ends = new int[8];
    private int[] numbers = new int[8];

    Reader(Tokens tokens, int line) {
      this.tokens = tokens;
      this.line = line;
      for (int i = 0; i < tokens.size(); i++) {
        if (tokens.kind(i) == TokenKind.VARIABLE) {
          read(i);
        }
      }
    }

    private void read(int i) {
      int number = number(i);
      count = Math.max(count, number);
      if (!isAloneInList(i)) {
        outsideLists.add(number);
      }
      addPlace(i, number);
    }

    private int number(int i) {
      String text = tokens.text(i);
      if (text.charAt(0) == '?') {
        positional = true;
        return text.length() == 1 ? count + 1 : explicit(i, text);
      }
      Integer known = numberByText.get(text);
      if (known != null) {
        return known;
      }
      numberByText.put(text, count + 1);
      names.put(count + 1, text.substring(1));
      return count + 1;
    }

    private int explicit(int i, String text) {
      String digits = text.substring(1).replaceFirst("^0+", "");
      int number = digits.isEmpty() || digits.length() > 5 ? 0 : Integer.parseInt(digits);
      if (number < 1 || number > NUMBER_MAX) {
        throw Screening.refused(
            "SQL refused: parameter "
                + Names.shown(text)
                + " seen, a number from 1 to "
                + NUMBER_MAX
                + " needed",
            tokens.sql(),
            tokens.start(i),
            line);
      }
      return number;
    }

    private boolean isAloneInList(int i) {
      return tokens.kind(i - 1) == TokenKind.OPEN
          && tokens.isWord(i - 2, "IN")
          && tokens.kind(i + 1) == TokenKind.CLOSE;
    }

    private void addPlace(int i, int number) {
      if (places == numbers.length) {
        starts = Arrays.copyOf(starts, places * 2);
        ends = Arrays.copyOf(ends, places * 2);
        numbers = Arrays.copyOf(numbers, places * 2);
      }
      starts[places] = tokens.start(i);
      ends[places] = tokens.end(i);
      numbers[places++] = number;
    }

    @Nullable String[] namesByNumber() {
      @Nullable String[] byNumber = new String[count];
      names.forEach((number, name) -> byNumber[number - 1] = name);
      return byNumber;
    }

    boolean[] listsByNumber() {
      boolean[] byNumber = new boolean[count];
      for (int place = 0; place < places; place++) {
        byNumber[numbers[place] - 1] = !outsideLists.contains(numbers[place]);
      }
      return byNumber;
    }
  }
}
