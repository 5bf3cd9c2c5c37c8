package dev.dosql.internal.jdbc;

import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.migrations.lexer.Tokenizer;
import dev.dosql.migrations.lexer.Tokens;
import java.util.List;

/**
 * What a caller wants to know of the rows that a statement makes.
 *
 * @param rowid whether it wants the last rowid
 * @param columns the columns that it wants of each row; more than the rowid can tell
 */
record Keys(boolean rowid, List<String> columns) {
  /** Nothing. */
  static final Keys NONE = new Keys(false, List.of());

  /** The last rowid. */
  static final Keys ROWID = new Keys(true, List.of());

  /** The name of the one column that a rowid is returned in: the driver's. */
  static final String ROWID_COLUMN = "last_insert_rowid()";

  /** Certain columns of each row; none are as {@link #NONE}. */
  static Keys of(String[] columns) {
    return new Keys(false, List.of(columns));
  }

  /** The statement with a RETURNING of the columns behind it. */
  Bound returning(ParsedSql parsed, Bound bound) {
    Tokens tokens = Tokens.ofNextStatement(new Tokenizer(parsed.sqlForSqlite()));
    StringBuilder sql = new StringBuilder(parsed.sqlForSqlite());
    sql.setLength(tokens.end(tokens.size() - 1)); // Comments and a semicolon may follow.
    String separator = " RETURNING ";
    for (String column : columns) {
      sql.append(separator).append('`').append(column.replace("`", "``")).append('`');
      separator = ", ";
    }
    return new Bound(sql.toString(), bound.values(), bound.decimals());
  }
}
