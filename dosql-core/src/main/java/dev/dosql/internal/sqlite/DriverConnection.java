package dev.dosql.internal.sqlite;

import dev.dosql.Column;
import dev.dosql.DBOptions;
import dev.dosql.SqlFunction;
import dev.dosql.internal.files.WriteProbe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.sqlite.Collation;
import org.sqlite.Function;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteCommitListener;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteOpenMode;
import org.sqlite.SQLiteUpdateListener;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;
import org.sqlite.core.NativeDB;

/**
 * A connection through sqlite-jdbc's own core, below its JDBC face.
 *
 * <p>JDBC's result set costs about as much as SQLite's work on a point query, so statements are
 * driven through {@link DB} instead. All of {@code DB} is synchronized on itself; what must hold
 * together here is done under a {@link CallLock}.
 */
public final class DriverConnection implements SqliteConnection {
  /** Statements kept prepared. Preparing costs as much again as a point query. */
  private static final int STATEMENTS_MAX = 64;

  /**
   * What they may take together, by estimate: a tenant has some connections, a node many tenants.
   */
  private static final int STATEMENT_BYTES_MAX = 256 * 1_024;

  /** Steps of SQLite's machine between two checks: far below a millisecond, and not measurable. */
  private static final int STEPS_PER_CHECK = 4_000;

  /** As often as SQLite begins a statement again whose schema has changed. */
  private static final int SCHEMA_ATTEMPTS_MAX = 50;

  /** Longer texts are not kept prepared: they are made for one call, as lists of values are. */
  private static final int KEPT_SQL_LENGTH_MAX = 16_384;

  /** SQLite's own bound. */
  private static final long PAGES_MAX = 0xffff_fffeL;

  private static final SQLiteConfig NO_SETTINGS = new SQLiteConfig();

  private static final int LIMIT_ATTACHED = 7;

  private static final int LIMIT_LIKE_PATTERN_LENGTH = 8;

  /** SQLite matches a pattern by recursion, and a Java thread's stack is small. */
  private static final int LIKE_PATTERN_LENGTH_MAX = 1_000;

  private final SQLiteConnection connection;
  private final DB db;

  /**
   * Steps statements and reads their numbers, to which the driver's native code needs no more than
   * the statement. It opens nothing and no Java code is synchronized on it, so that its monitor
   * stays light whatever happens to that of {@link #db}; see {@link CallLock}.
   */
  private final DB rows;

  private final Path file;
  private final CallLock calls = new CallLock();
  private final StatementClock clock = new StatementClock();
  private final Map<String, DriverStatement> cache = new LinkedHashMap<>(16, 0.75f, true);
  private int cachedBytes;
  private boolean utf8 = true;
  private long bytesMax;
  private long pageBytes;
  private @Nullable Throwable collationFailure;

  /** Held while the connection is interrupted, so that nobody closes it meanwhile. */
  private final Object ending = new Object();

  private volatile boolean closed;

  private DriverConnection(SQLiteConnection connection, Path file) {
    this.connection = connection;
    this.file = file;
    this.db = connection.getDatabase();
    this.rows = unopened();
    // The core begins and commits around statements by itself when JDBC's autocommit is on; with it
    // off it leaves SQLite alone, whose own autocommit is what is wanted here.
    connection.getConnectionConfig().setAutoCommit(false);
  }

  private static DB unopened() {
    try {
      return new NativeDB("", "", NO_SETTINGS);
    } catch (SQLException e) {
      throw new IllegalStateException(e); // It has nothing to fail with.
    }
  }

  /**
   * Opens a file.
   *
   * @param file the database
   * @param create whether to make it if it is not there
   * @param setup PRAGMAs to run first
   * @throws SqliteException if it cannot be opened, or the set-up fails
   */
  public static DriverConnection open(Path file, boolean create, String setup)
      throws SqliteException {
    DriverConnection opened = new DriverConnection(connect(file, unlocked(create)), file);
    try {
      limit(opened.db);
      opened.execute(setup);
      opened.utf8 = opened.encodingIsUtf8();
      return opened;
    } catch (SQLException e) {
      opened.closeAfter(e);
      throw failure(e);
    } catch (SqliteException e) {
      opened.closeAfter(e);
      throw SqliteErrors.explained(e, file, true);
    }
  }

  /**
   * Opens a file so that nothing can be written through the connection, not even the log be moved
   * into the file when it is the last to close.
   *
   * @throws SqliteException if it cannot be opened
   */
  public static DriverConnection openReadOnly(Path file) throws SqliteException {
    SQLiteConfig config = unlocked(false);
    config.resetOpenMode(SQLiteOpenMode.READWRITE);
    config.setOpenMode(SQLiteOpenMode.READONLY);
    DriverConnection opened = new DriverConnection(connect(file, config), file);
    try {
      opened.execute("SELECT 1 FROM sqlite_schema LIMIT 1");
      return opened;
    } catch (SqliteException e) {
      opened.closeAfter(e);
      throw e;
    }
  }

  /** A JDBC connection to a file, set up the same way, for code that speaks JDBC. */
  public static SQLiteConnection connectJdbc(Path file, String setup) throws SQLException {
    SQLiteConnection connection;
    try {
      connection = connect(file, config(false));
    } catch (SqliteException e) {
      throw new SQLException(e.text(), e);
    }
    try {
      limit(connection.getDatabase());
      int code = connection.getDatabase()._exec(setup);
      if (code != 0) {
        connection.getDatabase().throwex(code);
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * For connections whose calls {@link CallLock} keeps apart: SQLite's own mutex, which each call
   * would lock again, was a quarter of a scan (perf).
   */
  private static SQLiteConfig unlocked(boolean create) {
    SQLiteConfig config = config(create);
    config.setOpenMode(SQLiteOpenMode.NOMUTEX);
    return config;
  }

  private static SQLiteConfig config(boolean create) {
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(0);
    config.setOpenMode(SQLiteOpenMode.OPEN_URI);
    if (!create) {
      config.resetOpenMode(SQLiteOpenMode.CREATE);
    }
    return config;
  }

  private static SQLiteConnection connect(Path file, SQLiteConfig config) throws SqliteException {
    try {
      // As a URI, because the driver would take what follows a '?' in a plain path for settings.
      String uri = file.toAbsolutePath().toUri().toString();
      return (SQLiteConnection) config.createConnection("jdbc:sqlite:" + uri);
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** Keeps other files out, and patterns that would overflow the stack. */
  private static void limit(DB db) throws SQLException {
    db.limit(LIMIT_ATTACHED, 0);
    db.limit(LIMIT_LIKE_PATTERN_LENGTH, LIKE_PATTERN_LENGTH_MAX);
  }

  private boolean encodingIsUtf8() throws SqliteException {
    SqliteStatement encoding = prepare("PRAGMA encoding");
    try {
      return !encoding.start(new Object[0]) || encoding.textAt(0).equals("UTF-8");
    } finally {
      encoding.release();
    }
  }

  /** Adds the functions and collations that SQL may call on this connection. */
  public void register(
      Map<String, DBOptions.Function> functions,
      Map<String, Comparator<String>> collations,
      UnaryOperator<@Nullable Object> encoder)
      throws SqliteException {
    try {
      register(connection, functions, collations, encoder, e -> collationFailure = e);
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** Adds functions and collations to a connection that speaks JDBC. */
  public static void register(
      SQLiteConnection connection,
      Map<String, DBOptions.Function> functions,
      Map<String, Comparator<String>> collations,
      UnaryOperator<@Nullable Object> encoder)
      throws SQLException {
    register(connection, functions, collations, encoder, e -> {});
  }

  private static void register(
      SQLiteConnection connection,
      Map<String, DBOptions.Function> functions,
      Map<String, Comparator<String>> collations,
      UnaryOperator<@Nullable Object> encoder,
      Consumer<Throwable> onCollationFailure)
      throws SQLException {
    for (Map.Entry<String, DBOptions.Function> each : functions.entrySet()) {
      DBOptions.Function function = each.getValue();
      int flags = function.deterministic() ? Function.FLAG_DETERMINISTIC : 0;
      Function.create(
          connection,
          each.getKey(),
          new UserFunction(function.body(), encoder),
          function.arguments(),
          flags);
    }
    for (Map.Entry<String, Comparator<String>> each : collations.entrySet()) {
      UserCollation collation =
          new UserCollation(each.getValue(), connection.getDatabase(), onCollationFailure);
      Collation.create(connection, each.getKey(), collation);
    }
  }

  @Override
  public SqliteStatement prepare(String sql) throws SqliteException {
    calls.begin();
    try {
      checkOpen();
      DriverStatement cached = cache.get(sql);
      return cached != null && !cached.inUse() ? cached.take() : prepare(sql, cached == null);
    } finally {
      calls.end();
    }
  }

  private DriverStatement prepare(String sql, boolean isFirst) throws SqliteException {
    DriverStatement fresh = new DriverStatement(this, prepareNow(sql), sql).take();
    if (isFirst && sql.length() <= KEPT_SQL_LENGTH_MAX) {
      keep(fresh);
      trim();
    }
    return fresh;
  }

  private void keep(DriverStatement statement) {
    cache.put(statement.sql(), statement);
    statement.keep(true);
    cachedBytes += statement.estimatedBytes();
  }

  private void dropped(DriverStatement statement) {
    statement.keep(false);
    cachedBytes -= statement.estimatedBytes();
  }

  @Override
  public List<Column> describe(String sql) throws SqliteException {
    calls.begin();
    try {
      // A statement is checked against the schema as this connection last saw it, until one is run.
      execute("SELECT 1 FROM sqlite_schema LIMIT 1");
      DriverStatement fresh = new DriverStatement(this, prepareNow(sql), sql);
      try {
        return fresh.describeColumns();
      } finally {
        fresh.close();
      }
    } finally {
      calls.end();
    }
  }

  @Override
  public DatabaseMetaData metaData() throws SqliteException {
    checkOpen();
    try {
      return connection.getMetaData();
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /**
   * Prepares a statement. SQLite itself tries but twice when a name is missing and the schema has
   * changed since it was read, as where one table after the other is made.
   */
  private CoreStatement prepareNow(String sql) throws SqliteException {
    for (int attempt = 1; ; attempt++) {
      try {
        return prepareOnce(sql);
      } catch (SqliteException e) {
        if (e.primaryCode() != SqliteException.SCHEMA || attempt == SCHEMA_ATTEMPTS_MAX) {
          throw e;
        }
      }
    }
  }

  private CoreStatement prepareOnce(String sql) throws SqliteException {
    try {
      CoreStatement statement = new CoreSql(connection, sql);
      db.prepare(statement);
      return statement;
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  private void trim() {
    Iterator<DriverStatement> oldest = cache.values().iterator();
    while (isOverfull() && oldest.hasNext()) {
      DriverStatement statement = oldest.next();
      if (!statement.inUse()) {
        oldest.remove();
        dropped(statement);
        statement.close();
      }
    }
  }

  /** How many statements are kept prepared. */
  int cachedStatements() {
    return cache.size();
  }

  private boolean isOverfull() {
    return cache.size() > STATEMENTS_MAX || cachedBytes > STATEMENT_BYTES_MAX;
  }

  /** Takes a statement out of the cache that the driver has closed after an error. */
  void forget(DriverStatement statement) {
    if (cache.remove(statement.sql(), statement)) {
      dropped(statement);
    }
  }

  @Override
  public void execute(String script) throws SqliteException {
    calls.begin();
    try {
      checkOpen();
      int code = db._exec(script);
      if (code != 0) {
        db.throwex(code);
      }
    } catch (SQLException e) {
      throw explained(failure(e));
    } finally {
      calls.end();
    }
  }

  /** A failure that a statement may meet, with its reason as far as that can be found out. */
  SqliteException explained(SqliteException e) {
    SqliteException found = null;
    if (e.primaryCode() == SqliteException.INTERRUPT) {
      found = clock.takeFailure(e);
    } else if (e.code() == SqliteException.FULL && bytesMax > 0) {
      found = databaseFull(e);
    }
    return found == null ? SqliteErrors.explained(e, file, false) : found;
  }

  /** A file where SQLite makes its temporary ones. */
  private static Path temporary() {
    return Stream.of(
            System.getenv("SQLITE_TMPDIR"), System.getenv("TMPDIR"), "/var/tmp", "/usr/tmp", "/tmp")
        .filter(Objects::nonNull)
        .map(Path::of)
        .filter(each -> Files.isDirectory(each) && Files.isWritable(each))
        .findFirst()
        .orElse(Path.of(System.getProperty("java.io.tmpdir")))
        .resolve("any");
  }

  /**
   * SQLite has one code for a full disk and a full database; so the disks are tried. The temporary
   * files of a statement are gone when it has failed, and their disk may have room again: it was
   * what gave out if it has less than the database may grow.
   */
  private @Nullable SqliteException databaseFull(SqliteException failure) {
    if (WriteProbe.attempt(file, WriteProbe.length(file)) != null
        || WriteProbe.attempt(temporary(), 0) != null) {
      return null;
    }
    try {
      long size = pragma("PRAGMA page_count") * pageBytes;
      return WriteProbe.room(temporary()) < bytesMax - size
          ? null
          : new SqliteException(
              SqliteException.DATABASE_FULL, failure.text(), bytesMax, size, failure);
    } catch (SqliteException e) {
      failure.addSuppressed(e);
      return null;
    }
  }

  @Override
  public long changes() throws SqliteException {
    calls.begin();
    try {
      checkOpen();
      return db.changes();
    } catch (SQLException e) {
      throw failure(e);
    } finally {
      calls.end();
    }
  }

  @Override
  public long totalChanges() throws SqliteException {
    calls.begin();
    try {
      checkOpen();
      return db.total_changes();
    } catch (SQLException e) {
      throw failure(e);
    } finally {
      calls.end();
    }
  }

  @Override
  public void onProgress(ProgressCheck check) throws SqliteException {
    try {
      ProgressHandler.setHandler(
          connection,
          STEPS_PER_CHECK,
          new ProgressHandler() {
            @Override
            protected int progress() {
              return clock.isOver() || check.isCancelled() ? 1 : 0;
            }
          });
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  @Override
  public void limitTime(Duration timeout) {
    clock.limit(timeout);
  }

  @Override
  public void limitBytes(long bytes) throws SqliteException {
    pageBytes = pragma("PRAGMA page_size");
    execute("PRAGMA max_page_count=" + Math.min(bytes / pageBytes, PAGES_MAX));
    bytesMax = bytes;
  }

  private long pragma(String sql) throws SqliteException {
    SqliteStatement pragma = prepare(sql);
    try {
      return pragma.start(new Object[0]) ? pragma.longAt(0) : 0;
    } finally {
      pragma.release();
    }
  }

  StatementClock clock() {
    return clock;
  }

  @Override
  public void onCommit(Runnable work) {
    db.addCommitListener(
        new SQLiteCommitListener() {
          @Override
          public void onCommit() {
            clock.stop(); // Or what has committed could be called interrupted.
            work.run();
          }

          @Override
          public void onRollback() {}
        });
  }

  @Override
  public InsertWatch watchInserts(String table, long rowid) throws SqliteException {
    calls.begin();
    try {
      checkOpen();
      RowInsertWatch watch = new RowInsertWatch(table, rowid);
      db.addUpdateListener(watch);
      return watch;
    } finally {
      calls.end();
    }
  }

  /** In one step, so that SQLite never waits inside it, and never begins anew. */
  @Override
  public void backupTo(Path file) throws SqliteException {
    int code;
    calls.begin();
    try {
      checkOpen();
      code = db.backup("main", file.toAbsolutePath().toString(), null, 0, 0, -1);
    } catch (SQLException e) {
      throw failure(e);
    } finally {
      calls.end();
    }
    if (code != 0) {
      throw new SqliteException(
          code, "copy failed with " + SQLiteErrorCode.getErrorCode(code).message);
    }
  }

  /** SQLite attaches the file that it writes, which is kept from everybody else. */
  @Override
  public void vacuum() throws SqliteException {
    calls.begin();
    try {
      checkOpen();
      db.limit(LIMIT_ATTACHED, 1);
      try {
        execute("VACUUM");
      } finally {
        db.limit(LIMIT_ATTACHED, 0);
      }
    } catch (SQLException e) {
      throw failure(e);
    } finally {
      calls.end();
    }
  }

  @Override
  public void interrupt() {
    synchronized (ending) {
      try {
        if (!closed) {
          db.interrupt();
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e); // It has nothing to fail with.
      }
    }
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public void close() throws SqliteException {
    calls.begin();
    try {
      if (isFirstToClose()) {
        cache.clear();
        connection.close();
      }
    } catch (SQLException e) {
      throw failure(e);
    } finally {
      calls.end();
    }
  }

  private boolean isFirstToClose() {
    synchronized (ending) {
      boolean first = !closed;
      closed = true;
      return first;
    }
  }

  private void closeAfter(Exception failure) {
    try {
      close();
    } catch (SqliteException e) {
      failure.addSuppressed(e);
    }
  }

  DB db() {
    return db;
  }

  DB rows() {
    return rows;
  }

  CallLock calls() {
    return calls;
  }

  boolean isUtf8() {
    return utf8;
  }

  void checkOpen() throws SqliteException {
    if (closed) {
      throw new SqliteException(SqliteException.MISUSE, "connection is closed");
    }
  }

  /** The error of a collation that failed since this was last asked, or null. */
  @Nullable SqliteException takeCollationFailure() {
    Throwable failure = collationFailure;
    collationFailure = null;
    return failure == null
        ? null
        : new SqliteException(SqliteException.ERROR, "collation failed: " + failure, failure);
  }

  /** The driver's error as a code and SQLite's own text, which the driver wraps in its own. */
  static SqliteException failure(SQLException e) {
    String message = String.valueOf(e.getMessage());
    if (!(e instanceof SQLiteException sqlite)) {
      return new SqliteException(SqliteException.ERROR, message, e);
    }
    SQLiteErrorCode code = sqlite.getResultCode();
    String prefix = code + " (";
    boolean wrapped = message.startsWith(prefix) && message.endsWith(")");
    String text = wrapped ? message.substring(prefix.length(), message.length() - 1) : message;
    return new SqliteException(code.code, text, e);
  }

  private final class RowInsertWatch implements SQLiteUpdateListener, InsertWatch {
    private final String table;
    private final long rowid;
    private boolean inserted;

    RowInsertWatch(String table, long rowid) {
      this.table = table;
      this.rowid = rowid;
    }

    @Override
    public void onUpdate(Type type, String database, String changed, long rowId) {
      inserted |= type == Type.INSERT && rowId == rowid && changed.equalsIgnoreCase(table);
    }

    @Override
    public boolean inserted() {
      return inserted;
    }

    /** The driver would ask SQLite even on a closed connection, which ends the process. */
    @Override
    public void close() {
      calls.begin();
      try {
        if (!closed) {
          db.removeUpdateListener(this);
        }
      } finally {
        calls.end();
      }
    }
  }

  /** SQLite has no way to say that a comparison failed, so the statement is ended from outside. */
  private static final class UserCollation extends Collation {
    private final Comparator<String> order;
    private final DB db;
    private final Consumer<Throwable> onFailure;

    UserCollation(Comparator<String> order, DB db, Consumer<Throwable> onFailure) {
      this.order = order;
      this.db = db;
      this.onFailure = onFailure;
    }

    @Override
    protected int xCompare(String left, String right) {
      try {
        return order.compare(left, right);
      } catch (RuntimeException | Error e) {
        onFailure.accept(e);
        interrupt();
        return left.compareTo(right); // An order at least, for what SQLite still compares.
      }
    }

    private void interrupt() {
      try {
        db.interrupt();
      } catch (SQLException e) {
        onFailure.accept(e);
      }
    }
  }

  private static final class UserFunction extends Function {
    private final SqlFunction body;
    private final UnaryOperator<@Nullable Object> encoder;

    UserFunction(SqlFunction body, UnaryOperator<@Nullable Object> encoder) {
      this.body = body;
      this.encoder = encoder;
    }

    @Override
    protected void xFunc() throws SQLException {
      Object[] arguments = new Object[args()];
      for (int i = 0; i < arguments.length; i++) {
        arguments[i] = argument(i);
      }
      try {
        answer(encoder.apply(body.call(Arrays.asList(arguments))));
      } catch (SQLException e) {
        throw e;
      } catch (Exception e) {
        error(e.getClass().getName()); // Not its message, which may hold the value.
      }
    }

    private @Nullable Object argument(int index) throws SQLException {
      return switch (value_type(index)) {
        case 1 -> value_long(index);
        case 2 -> value_double(index);
        case 3 -> value_text(index);
        case 4 -> bytes(value_blob(index));
        default -> null;
      };
    }

    /** The driver has null for a value of no bytes. */
    private static byte[] bytes(byte @Nullable [] value) {
      return value == null ? new byte[0] : value;
    }

    private void answer(@Nullable Object value) throws SQLException {
      if (value instanceof Long number) {
        result(number);
      } else if (value instanceof Double number) {
        result(number);
      } else if (value instanceof String text) {
        result(text);
      } else if (value instanceof byte[] bytes) {
        result(bytes);
      } else {
        result();
      }
    }
  }
}
