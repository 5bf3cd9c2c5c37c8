package dev.dosql.internal.jdbc;

import dev.dosql.Column;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.SqliteException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.Date;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Calendar;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The methods of {@link PreparedStatement}. A value is stored as the library stores its class,
 * whatever type the caller names beside it; JDBC's own classes of time are stored as those of
 * {@code java.time} that they mean.
 */
final class JdbcPreparedStatement extends JdbcStatement {
  private static final Object UNSET = new Object();

  private final ParsedSql parsed;
  private final Keys keys;
  private final @Nullable Object[] values;
  private final boolean[] decimal;

  JdbcPreparedStatement(Session session, String sql, Keys keys) throws SQLException {
    super(session, PreparedStatement.class);
    this.parsed = session.options().parsed().get(sql);
    this.keys = keys;
    this.values = new Object[parsed.parameterCount()];
    this.decimal = new boolean[values.length];
    clearParameters();
    session.runner().hasRows(this, parsed); // An error is told now.
  }

  PreparedStatement preparedFace() {
    return (PreparedStatement) face();
  }

  public void clearParameters() {
    Arrays.fill(values, UNSET);
  }

  // ---- running

  public ResultSet executeQuery() throws SQLException {
    return query(bound());
  }

  public int executeUpdate() throws SQLException {
    return count(executeLargeUpdate());
  }

  public long executeLargeUpdate() throws SQLException {
    return update(bound(), keys);
  }

  public boolean execute() throws SQLException {
    return run(bound(), keys);
  }

  public void addBatch() throws SQLException {
    addBatch(parsed, bind());
  }

  @Override
  public long[] executeLargeBatch() throws SQLException {
    return batch(keys);
  }

  private List<Batched> bound() throws SQLException {
    return List.of(new Batched(parsed, bind()));
  }

  private Bound bind() throws SQLException {
    checkOpen();
    List<Integer> decimals = new ArrayList<>(0);
    for (int i = 0; i < values.length; i++) {
      if (values[i] == UNSET) {
        throw new SQLDataException(
            "parameter has no value: seen none, needed one (parameter=" + (i + 1) + ")", "07001");
      }
      if (decimal[i]) {
        decimals.add(i + 1);
      }
    }
    return new Bound(parsed.sqlForSqlite(), values.clone(), decimals);
  }

  // ---- values

  private void set(int parameter, @Nullable Object value) throws SQLException {
    checkOpen();
    if (parameter < 1 || parameter > values.length) {
      throw new SQLDataException(
          "no such parameter: seen " + parameter + ", needed 1 to " + values.length, "07009");
    }
    Object plain = Cells.plain(value);
    values[parameter - 1] = session().options().values().toColumn(plain);
    decimal[parameter - 1] = plain instanceof BigDecimal;
  }

  public void setObject(int parameter, @Nullable Object value) throws SQLException {
    if (value instanceof InputStream stream) {
      setBinaryStream(parameter, stream);
    } else if (value instanceof Reader reader) {
      setCharacterStream(parameter, reader);
    } else {
      set(parameter, value);
    }
  }

  public void setObject(int parameter, @Nullable Object value, int type) throws SQLException {
    setObject(parameter, value);
  }

  public void setObject(int parameter, @Nullable Object value, int type, int scale)
      throws SQLException {
    setObject(parameter, value);
  }

  public void setObject(int parameter, @Nullable Object value, SQLType type) throws SQLException {
    setObject(parameter, value);
  }

  public void setObject(int parameter, @Nullable Object value, SQLType type, int scale)
      throws SQLException {
    setObject(parameter, value);
  }

  public void setNull(int parameter, int type) throws SQLException {
    set(parameter, null);
  }

  public void setNull(int parameter, int type, String name) throws SQLException {
    set(parameter, null);
  }

  public void setBoolean(int parameter, boolean value) throws SQLException {
    set(parameter, value);
  }

  public void setByte(int parameter, byte value) throws SQLException {
    set(parameter, value);
  }

  public void setShort(int parameter, short value) throws SQLException {
    set(parameter, value);
  }

  public void setInt(int parameter, int value) throws SQLException {
    set(parameter, value);
  }

  public void setLong(int parameter, long value) throws SQLException {
    set(parameter, value);
  }

  public void setFloat(int parameter, float value) throws SQLException {
    set(parameter, value);
  }

  public void setDouble(int parameter, double value) throws SQLException {
    set(parameter, value);
  }

  public void setBigDecimal(int parameter, @Nullable BigDecimal value) throws SQLException {
    set(parameter, value);
  }

  public void setString(int parameter, @Nullable String value) throws SQLException {
    set(parameter, value);
  }

  public void setNString(int parameter, @Nullable String value) throws SQLException {
    set(parameter, value);
  }

  public void setBytes(int parameter, byte @Nullable [] value) throws SQLException {
    set(parameter, value == null ? null : value.clone());
  }

  public void setDate(int parameter, @Nullable Date value) throws SQLException {
    set(parameter, value);
  }

  public void setDate(int parameter, @Nullable Date value, @Nullable Calendar zone)
      throws SQLException {
    set(parameter, value == null || zone == null ? value : Cells.in(zone, value).toLocalDate());
  }

  public void setTime(int parameter, @Nullable Time value) throws SQLException {
    set(parameter, value);
  }

  public void setTime(int parameter, @Nullable Time value, @Nullable Calendar zone)
      throws SQLException {
    set(parameter, value == null || zone == null ? value : Cells.in(zone, value).toLocalTime());
  }

  public void setTimestamp(int parameter, @Nullable Timestamp value) throws SQLException {
    set(parameter, value);
  }

  /** The zone is of no matter: a moment is stored in UTC. */
  public void setTimestamp(int parameter, @Nullable Timestamp value, @Nullable Calendar zone)
      throws SQLException {
    set(parameter, value);
  }

  public void setBinaryStream(int parameter, @Nullable InputStream value) throws SQLException {
    setBinaryStream(parameter, value, (long) Integer.MAX_VALUE);
  }

  public void setBinaryStream(int parameter, @Nullable InputStream value, int length)
      throws SQLException {
    setBinaryStream(parameter, value, (long) length);
  }

  public void setBinaryStream(int parameter, @Nullable InputStream value, long length)
      throws SQLException {
    try {
      int max = (int) Math.min(Integer.MAX_VALUE, length);
      set(parameter, value == null ? null : value.readNBytes(max));
    } catch (IOException e) {
      throw new SQLDataException("stream of a value failed: " + e, "22000", e);
    }
  }

  public void setCharacterStream(int parameter, @Nullable Reader value) throws SQLException {
    setCharacterStream(parameter, value, Long.MAX_VALUE);
  }

  public void setCharacterStream(int parameter, @Nullable Reader value, int length)
      throws SQLException {
    setCharacterStream(parameter, value, (long) length);
  }

  public void setCharacterStream(int parameter, @Nullable Reader value, long length)
      throws SQLException {
    try {
      set(parameter, value == null ? null : text(value, length));
    } catch (IOException e) {
      throw new SQLDataException("stream of a value failed: " + e, "22000", e);
    }
  }

  private static String text(Reader value, long length) throws IOException {
    StringWriter text = new StringWriter();
    char[] some = new char[4_096];
    long left = length;
    while (left > 0) {
      int read = value.read(some, 0, (int) Math.min(some.length, left));
      if (read < 0) {
        break;
      }
      text.write(some, 0, read);
      left -= read;
    }
    return text.toString();
  }

  // ---- what is known of it

  /** The columns; null if it has none. */
  public @Nullable ResultSetMetaData getMetaData() throws SQLException {
    checkOpen();
    try {
      List<Column> columns = session().sqlite().describe(parsed.sqlForSqlite());
      return columns.isEmpty() ? null : new JdbcResultSetMetaData(columns, null).face();
    } catch (SqliteException e) {
      throw session().error(e);
    }
  }

  public ParameterMetaData getParameterMetaData() throws SQLException {
    checkOpen();
    return new JdbcParameterMetaData(values.length).face();
  }
}
