package dev.dosql.internal.jdbc;

import dev.dosql.Column;
import dev.dosql.DatabaseClosedException;
import dev.dosql.LimitExceededException;
import dev.dosql.Limits;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.StoredRow;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.math.BigDecimal;
import java.sql.Date;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.Calendar;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The methods of {@link ResultSet}: rows that are read one after the other, of a statement that
 * stands on them, or that were read before.
 */
final class JdbcResultSet extends Faced<ResultSet> {
  private final JdbcStatement by;
  private final @Nullable ParsedSql parsed;
  private final List<String> columns;
  private final Cells cells;
  private final Queue<StoredRow> kept = new ArrayDeque<>();
  private long keptFromByte;
  private @Nullable SQLException failure;
  private @Nullable SqliteStatement statement;
  private boolean onUnreadRow;
  private @Nullable StoredRow row;
  private long rowNumber;
  private boolean atEnd;
  private boolean closed;
  private boolean wasNull;
  private @Nullable LimitExceededException ended;

  private JdbcResultSet(JdbcStatement by, @Nullable ParsedSql parsed, List<String> columns) {
    super(ResultSet.class);
    this.by = by;
    this.parsed = parsed;
    this.columns = columns;
    this.cells = new Cells(by.session().options().values());
  }

  /** The rows of a statement that has been started. */
  static JdbcResultSet live(
      JdbcStatement by, ParsedSql parsed, SqliteStatement statement, boolean onRow) {
    JdbcResultSet made = new JdbcResultSet(by, parsed, statement.columnNames());
    made.statement = onRow ? statement : null;
    made.onUnreadRow = onRow;
    return made;
  }

  /** Rows that were read before. */
  static JdbcResultSet of(
      JdbcStatement by, @Nullable ParsedSql parsed, List<String> columns, List<StoredRow> rows) {
    JdbcResultSet made = new JdbcResultSet(by, parsed, columns);
    made.kept.addAll(rows);
    return made;
  }

  @Override
  Session session() {
    return by.session();
  }

  private void checkOpen() throws SQLException {
    session().checkOpen();
    if (ended != null) {
      throw SqlErrors.overTime(ended);
    }
    if (closed) {
      throw SqlErrors.closed("result");
    }
  }

  // ---- moving

  public boolean next() throws SQLException {
    checkOpen();
    row = isEnough(rowNumber) || atEnd ? null : nextRow();
    if (row == null) {
      atEnd = true;
      letGo();
      return false;
    }
    rowNumber++;
    return true;
  }

  private @Nullable StoredRow nextRow() throws SQLException {
    StoredRow first = kept.poll();
    return first == null ? readRow() : first;
  }

  /** A failure stays: what comes after it must not look like the end of the rows. */
  private @Nullable StoredRow readRow() throws SQLException {
    SQLException before = failure;
    if (before != null) {
      throw new SQLException(
          before.getMessage(), before.getSQLState(), before.getErrorCode(), before);
    }
    SqliteStatement open = statement;
    if (open == null || parsed == null) {
      return null;
    }
    try {
      return session().runner().limited(by, parsed, () -> step(open));
    } catch (SQLException e) {
      failure = e;
      letGo();
      throw e;
    } catch (DatabaseClosedException e) {
      letGo();
      throw e;
    }
  }

  private @Nullable StoredRow step(SqliteStatement open) throws SqliteException {
    open.resume();
    boolean onRow = onUnreadRow || open.next();
    onUnreadRow = false;
    return onRow ? open.read(StoredRow::read) : null;
  }

  /**
   * Reads what is left into memory, so that the connection is free for something else.
   *
   * @throws SQLException if there is more of it than a list of rows may have; it stays open
   */
  void detach() throws SQLException {
    SqliteStatement open = statement;
    if (open == null) {
      return;
    }
    if (kept.isEmpty()) {
      keptFromByte = open.bytesRead();
    }
    StoredRow each = null;
    do {
      checkKept(open.bytesRead() - keptFromByte);
      each = isEnough(rowNumber + kept.size()) ? null : readRow();
      if (each != null) {
        kept.add(each);
      }
    } while (each != null);
    letGo();
  }

  /** What was read of it and not asked for yet. */
  Collection<StoredRow> kept() {
    return kept;
  }

  private boolean isEnough(long rows) {
    return by.maxRows() > 0 && rows >= by.maxRows();
  }

  private void checkKept(long bytes) throws SQLException {
    Limits limits = session().options().limits();
    if (kept.size() > limits.resultRowsMax()) {
      throw tooMuch("rows", "resultRowsMax", limits.resultRowsMax(), kept.size());
    }
    if (bytes > limits.resultBytesMax()) {
      throw tooMuch("bytes of text and blobs", "resultBytesMax", limits.resultBytesMax(), bytes);
    }
  }

  private SQLException tooMuch(String of, String limit, long allowed, long seen) {
    return SqlErrors.of(
        new LimitExceededException(
            "connection is busy with an open result that is too large to be kept: has "
                + seen
                + " or more "
                + of
                + " left, at most "
                + allowed
                + " allowed; read it to its end, close it, or use a transaction (tenant="
                + session().tenantName()
                + ", limit="
                + limit
                + ")",
            limit,
            allowed,
            seen));
  }

  private void letGo() {
    SqliteStatement open = statement;
    statement = null;
    if (open != null) {
      open.release();
    }
    session().results().remove(this);
  }

  /** Ends it from outside; the next use is told why. */
  void end(LimitExceededException why) {
    ended = why;
    close();
  }

  public void close() {
    if (!closed) {
      closed = true;
      kept.clear();
      letGo();
      by.finished(this);
    }
  }

  public boolean isClosed() {
    return closed || session().isClosed();
  }

  public boolean isBeforeFirst() throws SQLException {
    checkOpen();
    return rowNumber == 0 && !atEnd && (statement != null || !kept.isEmpty());
  }

  public boolean isFirst() throws SQLException {
    checkOpen();
    return rowNumber == 1 && !atEnd;
  }

  public boolean isAfterLast() throws SQLException {
    checkOpen();
    return atEnd && rowNumber > 0;
  }

  public int getRow() throws SQLException {
    checkOpen();
    return atEnd ? 0 : (int) rowNumber;
  }

  // ---- values

  private @Nullable Object value(int column) throws SQLException {
    checkOpen();
    StoredRow present = row;
    if (present == null) {
      throw new SQLDataException("result stands on no row: call next()", "24000");
    }
    if (column < 1 || column > columns.size()) {
      throw new SQLDataException(
          "no such column: seen " + column + ", needed 1 to " + columns.size(), "07009");
    }
    Object value = present.value(column - 1);
    wasNull = value == null;
    return value;
  }

  private String name(int column) {
    return columns.get(column - 1);
  }

  /** As JDBC has it: the first of the name, whatever the case of its letters. */
  public int findColumn(String label) throws SQLException {
    checkOpen();
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).equalsIgnoreCase(label)) {
        return i + 1;
      }
    }
    throw new SQLDataException(
        "no such column: seen " + label + ", needed one of " + columns, "42703");
  }

  public boolean wasNull() throws SQLException {
    checkOpen();
    return wasNull;
  }

  private static ZoneId zone(@Nullable Calendar calendar) {
    return calendar == null ? ZoneId.systemDefault() : calendar.getTimeZone().toZoneId();
  }

  public @Nullable Object getObject(int column) throws SQLException {
    Object value = value(column);
    return value instanceof byte[] bytes ? bytes.clone() : value;
  }

  public @Nullable Object getObject(String label) throws SQLException {
    return getObject(findColumn(label));
  }

  @SuppressWarnings("unchecked") // made for this type
  public <T> @Nullable T getObject(int column, Class<T> type) throws SQLException {
    return (T) cells.object(value(column), type, name(column));
  }

  public <T> @Nullable T getObject(String label, Class<T> type) throws SQLException {
    return getObject(findColumn(label), type);
  }

  public @Nullable Object getObject(int column, Map<String, Class<?>> types) throws SQLException {
    return getObject(column);
  }

  public @Nullable Object getObject(String label, Map<String, Class<?>> types) throws SQLException {
    return getObject(label);
  }

  public @Nullable String getString(int column) throws SQLException {
    Object value = value(column);
    return value == null ? null : cells.text(value);
  }

  public @Nullable String getString(String label) throws SQLException {
    return getString(findColumn(label));
  }

  public @Nullable String getNString(int column) throws SQLException {
    return getString(column);
  }

  public @Nullable String getNString(String label) throws SQLException {
    return getString(label);
  }

  public boolean getBoolean(int column) throws SQLException {
    Object value = value(column);
    return value != null && cells.truth(value, name(column));
  }

  public boolean getBoolean(String label) throws SQLException {
    return getBoolean(findColumn(label));
  }

  public byte getByte(int column) throws SQLException {
    Object value = value(column);
    return value == null
        ? 0
        : (byte) cells.integer(value, Byte.MIN_VALUE, Byte.MAX_VALUE, name(column));
  }

  public byte getByte(String label) throws SQLException {
    return getByte(findColumn(label));
  }

  public short getShort(int column) throws SQLException {
    Object value = value(column);
    return value == null
        ? 0
        : (short) cells.integer(value, Short.MIN_VALUE, Short.MAX_VALUE, name(column));
  }

  public short getShort(String label) throws SQLException {
    return getShort(findColumn(label));
  }

  public int getInt(int column) throws SQLException {
    Object value = value(column);
    return value == null
        ? 0
        : (int) cells.integer(value, Integer.MIN_VALUE, Integer.MAX_VALUE, name(column));
  }

  public int getInt(String label) throws SQLException {
    return getInt(findColumn(label));
  }

  public long getLong(int column) throws SQLException {
    Object value = value(column);
    return value == null ? 0 : cells.integer(value, Long.MIN_VALUE, Long.MAX_VALUE, name(column));
  }

  public long getLong(String label) throws SQLException {
    return getLong(findColumn(label));
  }

  public float getFloat(int column) throws SQLException {
    Object value = value(column);
    return value == null ? 0 : (float) cells.real(value, name(column));
  }

  public float getFloat(String label) throws SQLException {
    return getFloat(findColumn(label));
  }

  public double getDouble(int column) throws SQLException {
    Object value = value(column);
    return value == null ? 0 : cells.real(value, name(column));
  }

  public double getDouble(String label) throws SQLException {
    return getDouble(findColumn(label));
  }

  public @Nullable BigDecimal getBigDecimal(int column) throws SQLException {
    Object value = value(column);
    return value == null ? null : cells.decimal(value, name(column));
  }

  public @Nullable BigDecimal getBigDecimal(String label) throws SQLException {
    return getBigDecimal(findColumn(label));
  }

  public byte @Nullable [] getBytes(int column) throws SQLException {
    Object value = value(column);
    return value == null ? null : cells.bytes(value, name(column));
  }

  public byte @Nullable [] getBytes(String label) throws SQLException {
    return getBytes(findColumn(label));
  }

  public @Nullable Date getDate(int column) throws SQLException {
    return getDate(column, null);
  }

  public @Nullable Date getDate(String label) throws SQLException {
    return getDate(findColumn(label), null);
  }

  /** A text without an offset is of the calendar's zone. */
  public @Nullable Date getDate(int column, @Nullable Calendar zone) throws SQLException {
    Object value = value(column);
    return value == null ? null : cells.date(value, name(column), zone(zone));
  }

  public @Nullable Date getDate(String label, @Nullable Calendar zone) throws SQLException {
    return getDate(findColumn(label), zone);
  }

  public @Nullable Time getTime(int column) throws SQLException {
    return getTime(column, null);
  }

  public @Nullable Time getTime(String label) throws SQLException {
    return getTime(findColumn(label), null);
  }

  /** A text without an offset is of the calendar's zone. */
  public @Nullable Time getTime(int column, @Nullable Calendar zone) throws SQLException {
    Object value = value(column);
    return value == null ? null : cells.time(value, name(column), zone(zone));
  }

  public @Nullable Time getTime(String label, @Nullable Calendar zone) throws SQLException {
    return getTime(findColumn(label), zone);
  }

  public @Nullable Timestamp getTimestamp(int column) throws SQLException {
    return getTimestamp(column, null);
  }

  public @Nullable Timestamp getTimestamp(String label) throws SQLException {
    return getTimestamp(findColumn(label), null);
  }

  /** A text without an offset is of the calendar's zone. */
  public @Nullable Timestamp getTimestamp(int column, @Nullable Calendar zone) throws SQLException {
    Object value = value(column);
    return value == null ? null : cells.timestamp(value, name(column), zone(zone));
  }

  public @Nullable Timestamp getTimestamp(String label, @Nullable Calendar zone)
      throws SQLException {
    return getTimestamp(findColumn(label), zone);
  }

  public @Nullable InputStream getBinaryStream(int column) throws SQLException {
    byte[] value = getBytes(column);
    return value == null ? null : new ByteArrayInputStream(value);
  }

  public @Nullable InputStream getBinaryStream(String label) throws SQLException {
    return getBinaryStream(findColumn(label));
  }

  public @Nullable Reader getCharacterStream(int column) throws SQLException {
    String value = getString(column);
    return value == null ? null : new StringReader(value);
  }

  public @Nullable Reader getCharacterStream(String label) throws SQLException {
    return getCharacterStream(findColumn(label));
  }

  // ---- what is known of it

  public ResultSetMetaData getMetaData() throws SQLException {
    checkOpen();
    return new JdbcResultSetMetaData(described(), row).face();
  }

  /** What SQLite knows of the columns now; if they are others by now, their names. */
  private List<Column> described() throws SQLException {
    if (parsed != null) {
      try {
        List<Column> known = session().sqlite().describe(parsed.sqlForSqlite());
        if (known.stream().map(Column::name).toList().equals(columns)) {
          return known;
        }
      } catch (SqliteException e) {
        if (e.primaryCode() != SqliteException.ERROR) {
          throw session().error(e);
        }
      }
    }
    return columns.stream()
        .map(name -> new Column(name, Optional.empty(), Optional.empty()))
        .toList();
  }

  public Statement getStatement() throws SQLException {
    checkOpen();
    return by.face();
  }

  public int getType() {
    return ResultSet.TYPE_FORWARD_ONLY;
  }

  public int getConcurrency() {
    return ResultSet.CONCUR_READ_ONLY;
  }

  public int getHoldability() {
    return ResultSet.CLOSE_CURSORS_AT_COMMIT;
  }

  public int getFetchDirection() {
    return ResultSet.FETCH_FORWARD;
  }

  public void setFetchDirection(int direction) {}

  public int getFetchSize() {
    return 0;
  }

  public void setFetchSize(int rows) {}

  public @Nullable SQLWarning getWarnings() throws SQLException {
    checkOpen();
    return null;
  }

  public void clearWarnings() throws SQLException {
    checkOpen();
  }

  @Override
  public String toString() {
    return "columns=" + columns.size();
  }
}
