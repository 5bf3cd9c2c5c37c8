package dev.dosql.internal.tenant;

import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tables of this library in a tenant's file, as a file from outside must have them, if any. */
final class OwnTables {
  /** Every table of this library's own, with its columns. */
  private static final Map<String, String> COLUMNS =
      Map.of(
          "_dosql_meta",
          "key,value",
          "_dosql_migrations",
          "installed_rank,version,description,type,script,checksum,installed_by,installed_on,"
              + "execution_time,success",
          "_dosql_once",
          "key,type,fingerprint,at,value");

  private static final Set<String> INDEXES = Set.of("_dosql_migrations_s_idx", "_dosql_once_at");

  /** Whatever has a name of ours, or stands on a table that has. */
  private static final String NAMED_AS_OURS =
      "SELECT type, name, tbl_name FROM sqlite_schema"
          + " WHERE lower(substr(name, 1, 7)) = '_dosql_'"
          + " OR lower(substr(tbl_name, 1, 7)) = '_dosql_' ORDER BY name";

  private static final String COLUMNS_OF =
      "SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info(?) ORDER BY cid)";

  private OwnTables() {}

  /** What a file has under our names that is none of ours, or why it is none for other reasons. */
  static List<String> misfits(SqliteConnection connection) throws SqliteException {
    List<String> misfits = new ArrayList<>();
    String encoding = text(connection, "PRAGMA encoding");
    if (!encoding.equals("UTF-8")) {
      misfits.add("seen encoding " + encoding + ", needed UTF-8");
    }
    for (Entry entry : entries(connection)) {
      if (!isOurs(connection, entry)) {
        misfits.add(
            "seen %s %s, needed none whose name begins with _dosql_ but the library's own"
                .formatted(entry.type(), entry.name()));
      }
    }
    return misfits;
  }

  private static boolean isOurs(SqliteConnection connection, Entry entry) throws SqliteException {
    return switch (entry.type()) {
      case "table" -> text(connection, COLUMNS_OF, entry.name()).equals(COLUMNS.get(entry.name()));
      case "index" ->
          COLUMNS.containsKey(entry.table())
              && (INDEXES.contains(entry.name()) || entry.name().startsWith("sqlite_autoindex_"));
      default -> false; // A trigger or a view would act on what we do.
    };
  }

  private static List<Entry> entries(SqliteConnection connection) throws SqliteException {
    List<Entry> entries = new ArrayList<>();
    SqliteStatement statement = connection.prepare(NAMED_AS_OURS);
    try {
      for (boolean row = statement.start(new Object[0]); row; row = statement.next()) {
        entries.add(new Entry(statement.textAt(0), statement.textAt(1), statement.textAt(2)));
      }
      return entries;
    } finally {
      statement.release();
    }
  }

  private static String text(SqliteConnection connection, String sql, Object... values)
      throws SqliteException {
    SqliteStatement statement = connection.prepare(sql);
    try {
      return statement.start(values) ? statement.textAt(0) : "";
    } finally {
      statement.release();
    }
  }

  private record Entry(String type, String name, String table) {}
}
