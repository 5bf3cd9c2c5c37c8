package dev.dosql.internal.sqlite;

import dev.dosql.Column;
import dev.dosql.DatabaseClosedException;
import dev.dosql.internal.values.RowReader;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteException;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;

/** A statement of a {@link DriverConnection}. */
final class DriverStatement implements SqliteStatement {
  private static final int ROW = 100;
  private static final int DONE = 101;

  /** Of an empty value, for which the driver has null; nobody can change it. */
  private static final byte[] NO_BYTES = {};

  /**
   * From this size on, a bound value is dropped after use rather than kept until the next, and one
   * of the row is read only when it is asked for.
   */
  private static final int LARGE_VALUE = 4_096;

  /** The least that a prepared statement takes, here and in SQLite. */
  private static final int STATEMENT_BYTES = 2_048;

  /** Its text is kept twice, and what it is compiled to grows with it. */
  private static final int BYTES_PER_CHARACTER = 8;

  private final DriverConnection connection;
  private final CoreStatement statement;
  private final DB db;
  private final DB rows;
  private final CallLock calls;
  private final String sql;
  private final long pointer;
  private List<String> columnNames;
  private @Nullable Object attachment;
  private boolean kept;
  private boolean inUse;
  private boolean running;
  private boolean largeValues;
  private long bytesRead;
  private final FetchedRow row;

  DriverStatement(DriverConnection connection, CoreStatement statement, String sql)
      throws SqliteException {
    this.connection = connection;
    this.statement = statement;
    this.db = connection.db();
    this.rows = connection.rows();
    this.calls = connection.calls();
    this.sql = sql;
    try {
      this.pointer = statement.pointer.safeRunLong((owner, raw) -> raw);
      this.columnNames = List.of(db.column_names(pointer));
    } catch (SQLException e) {
      throw DriverConnection.failure(e);
    }
    this.row = new FetchedRow(connection, pointer);
    row.setColumns(columnNames.size());
  }

  boolean inUse() {
    return inUse;
  }

  /** Says whether it is in the cache, and so stays prepared when it is given back. */
  void keep(boolean value) {
    kept = value;
  }

  /**
   * About what it takes while it is prepared. SQLite would tell, but the driver does not ask it.
   */
  int estimatedBytes() {
    return STATEMENT_BYTES + sql.length() * BYTES_PER_CHARACTER;
  }

  DriverStatement take() {
    inUse = true;
    return this;
  }

  @Override
  public String sql() {
    return sql;
  }

  @Override
  public boolean start(@Nullable Object[] values) throws SqliteException {
    calls.begin();
    try {
      connection.checkOpen();
      running = true;
      bytesRead = 0;
      row.leave();
      connection.clock().start();
      largeValues = hasLarge(values);
      running = db.execute(statement, values); // Refuses a statement that was closed meanwhile.
      checkCollations();
      if (running) {
        row.fetchWanted();
      }
      return running;
    } catch (SQLException e) {
      throw failed(e);
    } finally {
      calls.end();
    }
  }

  private static boolean hasLarge(@Nullable Object[] values) {
    for (Object value : values) {
      if (value instanceof String text && text.length() > LARGE_VALUE
          || value instanceof byte[] bytes && bytes.length > LARGE_VALUE) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean next() throws SqliteException {
    calls.begin();
    try {
      connection.checkOpen();
      checkInUse();
      row.leave();
      int code = rows.step(pointer);
      if (code == ROW) {
        checkCollations();
        row.fetchWanted();
        return true;
      }
      if (code != DONE) {
        db.throwex(code);
      }
      reset();
      checkCollations();
      return false;
    } catch (SQLException e) {
      throw failed(e);
    } finally {
      calls.end();
    }
  }

  /** SQLite would run a statement anew that was given back, and end the process on a freed one. */
  private void checkInUse() throws SqliteException {
    if (!inUse || statement.pointer.isClosed()) {
      throw new SqliteException(SqliteException.MISUSE, "statement was given back");
    }
  }

  private void checkCollations() throws SqliteException {
    SqliteException failure = connection.takeCollationFailure();
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * The driver closes a statement after most errors; otherwise it must be reset before reuse. To be
   * called by one whose call is running.
   */
  private SqliteException failed(SQLException e) throws SqliteException {
    SqliteException ofCollation = connection.takeCollationFailure();
    if (statement.pointer.isClosed()) {
      connection.forget(this);
    } else {
      reset();
    }
    return ofCollation == null ? ofDriver(e) : ofCollation;
  }

  /** That a statement is closed the driver says without a code. */
  private SqliteException ofDriver(SQLException e) throws SqliteException {
    if (!(e instanceof SQLiteException)) {
      connection.checkOpen();
    }
    return connection.explained(DriverConnection.failure(e));
  }

  @Override
  public void resume() {
    connection.clock().start();
  }

  @Override
  public long bytesRead() {
    return bytesRead;
  }

  private void reset() {
    running = false;
    try {
      // The code repeats the error of the last step, which was reported then.
      db.reset(pointer);
      if (largeValues) {
        db.clear_bindings(pointer);
        largeValues = false;
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * No lock is held over the row, only over each value: what makes a value of it is foreign code.
   */
  @Override
  public <T> T read(RowReader<T> reader) throws SqliteException {
    connection.checkOpen();
    return reader.read(this);
  }

  @Override
  public List<String> columnNames() {
    return columnNames;
  }

  @Override
  public void refreshColumns() throws SqliteException {
    calls.begin();
    try {
      connection.checkOpen();
      columnNames = List.of(db.column_names(pointer));
      attachment = null;
      row.setColumns(columnNames.size());
    } catch (SQLException e) {
      throw DriverConnection.failure(e);
    } finally {
      calls.end();
    }
  }

  /** Everything that is known of the columns; to be called by one whose call is running. */
  List<Column> describeColumns() throws SqliteException {
    try {
      List<Column> columns = new ArrayList<>();
      for (int i = 0; i < db.column_count(pointer); i++) {
        columns.add(
            new Column(
                db.column_name(pointer, i),
                Optional.ofNullable(db.column_table_name(pointer, i)),
                Optional.ofNullable(db.column_decltype(pointer, i))));
      }
      return List.copyOf(columns);
    } catch (SQLException e) {
      throw DriverConnection.failure(e);
    }
  }

  @Override
  public @Nullable Object attachment() {
    return attachment;
  }

  @Override
  public void attach(@Nullable Object value) {
    attachment = value;
    row.wantNothing(); // Another reader may want other values.
  }

  @Override
  public void release() {
    calls.begin();
    try {
      inUse = false;
      row.leave();
      connection.clock().stop();
      if (statement.pointer.isClosed() || connection.isClosed()) {
        return;
      }
      if (running || largeValues) {
        reset();
      }
      if (!kept) {
        close();
      }
    } finally {
      calls.end();
    }
  }

  void close() {
    try {
      statement.pointer.close();
    } catch (SQLException e) {
      // Finalizing repeats the error of the last step, which was reported then.
    }
  }

  @Override
  public int count() {
    return columnNames.size();
  }

  @Override
  public int type(int column) {
    if (!row.isFetched()) {
      fetch();
    }
    return row.type(column);
  }

  private void fetch() {
    calls.begin();
    try {
      checkOnRow();
      row.fetch();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } finally {
      calls.end();
    }
  }

  /** SQLite frees the row with the statement, and reading it then would end the process. */
  private void checkOnRow() {
    if (connection.isClosed() || statement.pointer.isClosed()) {
      throw new DatabaseClosedException("tenant was closed while a row was read");
    }
  }

  /** Whether a value came with the row. */
  boolean hasFetched(int column) {
    return row.has(column, row.type(column));
  }

  @Override
  public long longAt(int column) {
    if (row.has(column, INTEGER)) {
      return row.integer(column);
    }
    row.want(column, true);
    calls.begin();
    try {
      checkOnRow();
      return rows.column_long(pointer, column);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } finally {
      calls.end();
    }
  }

  @Override
  public double doubleAt(int column) {
    if (row.has(column, REAL)) {
      return row.real(column);
    }
    row.want(column, true);
    calls.begin();
    try {
      checkOnRow();
      return rows.column_double(pointer, column);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } finally {
      calls.end();
    }
  }

  /** As bytes, which is faster than the driver's own way through a direct buffer. */
  @Override
  public String textAt(int column) {
    if (connection.isUtf8()) {
      return new String(blobAt(column), StandardCharsets.UTF_8);
    }
    calls.begin();
    try {
      checkOnRow();
      String text = db.column_text(pointer, column);
      bytesRead += 2L * text.length();
      return text;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } finally {
      calls.end();
    }
  }

  @Override
  public byte[] blobAt(int column) {
    byte[] bytes = row.takeBytes(column);
    if (bytes == null) {
      bytes = readBytes(column);
    }
    row.want(column, bytes == null || bytes.length <= LARGE_VALUE);
    if (bytes == null) {
      return NO_BYTES;
    }
    bytesRead += bytes.length;
    return bytes;
  }

  private byte @Nullable [] readBytes(int column) {
    calls.begin();
    try {
      checkOnRow();
      return db.column_blob(pointer, column);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } finally {
      calls.end();
    }
  }
}
