package dev.dosql.internal.tenant;

import static java.util.stream.Collectors.toUnmodifiableMap;

import dev.dosql.internal.engine.OnceTable;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.Columns;
import dev.dosql.migrations.Migrator;
import dev.dosql.migrations.lexer.Names;
import dev.dosql.migrations.lexer.OwnObjects;
import dev.dosql.migrations.lexer.Tokenizer;
import dev.dosql.migrations.lexer.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tables of this library in a tenant's file, as a file from outside must have them, if any:
 * each with the very definition and the very indexes that the library gives it, and with nothing in
 * the file that would write to it. What only reads them may stand in a tenant's file, and so in one
 * that comes from there.
 */
final class OwnTables {
  /** Every table and index of this library's own, by name. */
  private static final Map<String, Definition> OWN =
      Stream.of(List.of(Schema.CREATE_META), OnceTable.definitions(), Migrator.historyDefinitions())
          .flatMap(List::stream)
          .map(Definition::of)
          .collect(toUnmodifiableMap(Definition::name, Function.identity()));

  private static final String ENTRIES =
      "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name";

  private OwnTables() {}

  /** What a file has under our names that is none of ours, or why it is none for other reasons. */
  static List<String> misfits(SqliteConnection connection) throws SqliteException {
    List<String> misfits = new ArrayList<>();
    String encoding = text(connection, "PRAGMA encoding");
    if (!encoding.equals("UTF-8")) {
      misfits.add("seen encoding " + encoding + ", needed UTF-8");
    }
    List<Entry> entries = entries(connection);
    for (Entry entry : entries) {
      String misfit = misfit(entry);
      if (misfit != null) {
        misfits.add("seen " + entry.shown() + misfit);
      }
    }
    misfits.addAll(missing(entries));
    return misfits;
  }

  private static @Nullable String misfit(Entry entry) {
    if (!isOurs(entry.name()) && !isOurs(entry.table())) {
      return writing(entry);
    }
    Definition own = OWN.get(entry.name());
    if (own == null) {
      return entry.isMadeBySqlite() && OWN.containsKey(entry.table())
          ? null
          : ", needed none whose name begins with _dosql_ but the library's own";
    }
    return own.isOf(entry) ? null : " defined otherwise, needed the library's own definition";
  }

  private static boolean isOurs(String name) {
    return Names.lower(name).startsWith("_dosql_");
  }

  /** A trigger that writes to our tables, a foreign key that leads there. */
  private static @Nullable String writing(Entry entry) {
    if (entry.sql() == null) {
      return null;
    }
    Tokens tokens = tokens(entry.sql());
    int target = OwnObjects.target(tokens);
    return target < 0
        ? null
        : " that changes or refers to "
            + Names.shown(tokens.name(target))
            + ", needed nothing that does so to the library's own";
  }

  /** A table of ours without an index of ours would be read from end to end. */
  private static List<String> missing(List<Entry> entries) {
    List<String> names = entries.stream().map(Entry::name).toList();
    return OWN.values().stream()
        .filter(own -> names.contains(own.table()) && !names.contains(own.name()))
        .map(own -> "seen table " + own.table() + " without " + own.name() + ", needed both")
        .sorted()
        .toList();
  }

  private static Tokens tokens(String sql) {
    return Tokens.ofNextStatement(new Tokenizer(sql));
  }

  private static List<Entry> entries(SqliteConnection connection) throws SqliteException {
    List<Entry> entries = new ArrayList<>();
    SqliteStatement statement = connection.prepare(ENTRIES);
    try {
      for (boolean row = statement.start(new Object[0]); row; row = statement.next()) {
        entries.add(statement.read(Entry::of));
      }
      return entries;
    } finally {
      statement.release();
    }
  }

  private static String text(SqliteConnection connection, String sql) throws SqliteException {
    SqliteStatement statement = connection.prepare(sql);
    try {
      return statement.start(new Object[0]) ? statement.textAt(0) : "";
    } finally {
      statement.release();
    }
  }

  /**
   * A row of {@code sqlite_schema}.
   *
   * @param sql null for an index that SQLite makes of a constraint
   */
  private record Entry(String type, String name, String table, @Nullable String sql) {
    static Entry of(Columns row) {
      boolean plain = row.type(3) == Columns.NULL;
      return new Entry(row.textAt(0), row.textAt(1), row.textAt(2), plain ? null : row.textAt(3));
    }

    boolean isMadeBySqlite() {
      return sql == null && type.equals("index") && name.startsWith("sqlite_autoindex_");
    }

    String shown() {
      return type + " " + Names.shown(name);
    }
  }

  /**
   * What the library makes.
   *
   * @param table the table that it is or stands on
   * @param texts the tokens of its definition: spaces do not count, but quotes do, since they make
   *     a name of a keyword
   */
  private record Definition(String type, String name, String table, List<String> texts) {
    static Definition of(String statement) {
      // As SQLite stores it.
      String sql = statement.replace("IF NOT EXISTS ", "").replace("\"main\".", "");
      Tokens tokens = tokens(sql);
      String name = tokens.name(2);
      boolean table = tokens.isWord(1, "TABLE");
      return new Definition(
          table ? "table" : "index", name, table ? name : tokens.name(4), texts(tokens));
    }

    private static List<String> texts(Tokens tokens) {
      return Stream.iterate(0, i -> i < tokens.size(), i -> i + 1).map(tokens::text).toList();
    }

    boolean isOf(Entry entry) {
      return entry.sql() != null
          && entry.type().equals(type)
          && entry.table().equals(table)
          && texts(tokens(entry.sql())).equals(texts);
    }
  }
}
