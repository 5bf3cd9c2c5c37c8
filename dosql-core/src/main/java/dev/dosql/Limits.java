package dev.dosql;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How much one call of a tenant may ask for, so that none takes the process from the others.
 *
 * <p>Beyond {@code statementTimeout} a call fails with {@link QueryTimeoutException}, beyond the
 * others with {@link LimitExceededException}; both name the limit and what was seen. What the call
 * wrote is undone, and other calls do not notice.
 *
 * <p>Immutable; safe for use by many threads.
 */
public final class Limits {
  private final Duration statementTimeout;
  private final Duration transactionTimeout;
  private final long resultRowsMax;
  private final long resultBytesMax;
  private final int sqlLengthMax;
  private final int parametersMax;
  private final long databaseBytesMax;

  private Limits(Builder from) {
    this.statementTimeout = from.statementTimeout;
    this.transactionTimeout = from.transactionTimeout;
    this.resultRowsMax = from.resultRowsMax;
    this.resultBytesMax = from.resultBytesMax;
    this.sqlLengthMax = from.sqlLengthMax;
    this.parametersMax = from.parametersMax;
    this.databaseBytesMax = from.databaseBytesMax;
  }

  /**
   * The defaults, to be changed.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * These limits, to be changed.
   *
   * @return a builder
   */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /**
   * How long a statement may run.
   *
   * @return the time
   */
  public Duration statementTimeout() {
    return statementTimeout;
  }

  /**
   * How long a transaction, a snapshot or a stream may be open.
   *
   * @return the time
   */
  public Duration transactionTimeout() {
    return transactionTimeout;
  }

  /**
   * How many rows a list of rows may have.
   *
   * @return the bound
   */
  public long resultRowsMax() {
    return resultRowsMax;
  }

  /**
   * How many bytes of text and blobs a list of rows may have.
   *
   * @return the bound
   */
  public long resultBytesMax() {
    return resultBytesMax;
  }

  /**
   * How long a statement's text may be, in {@code char}s.
   *
   * @return the bound
   */
  public int sqlLengthMax() {
    return sqlLengthMax;
  }

  /**
   * How many parameters a statement may have, lists spread.
   *
   * @return the bound
   */
  public int parametersMax() {
    return parametersMax;
  }

  /**
   * How many bytes a tenant's database may have.
   *
   * @return the bound
   */
  public long databaseBytesMax() {
    return databaseBytesMax;
  }

  private Map<String, Object> asMap() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("statementTimeout", statementTimeout);
    all.put("transactionTimeout", transactionTimeout);
    all.put("resultRowsMax", resultRowsMax);
    all.put("resultBytesMax", resultBytesMax);
    all.put("sqlLengthMax", sqlLengthMax);
    all.put("parametersMax", parametersMax);
    all.put("databaseBytesMax", databaseBytesMax);
    return all;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Limits limits && asMap().equals(limits.asMap());
  }

  @Override
  public int hashCode() {
    return asMap().hashCode();
  }

  @Override
  public String toString() {
    return "Limits" + asMap();
  }

  /**
   * Collects limits; {@link #build} checks them.
   *
   * <p>Used by one thread at a time.
   */
  public static final class Builder {
    /** What SQLite itself allows. */
    private static final int PARAMETERS_MAX = 32_766;

    /** What an empty database with this library's own table needs, and a little more. */
    private static final long DATABASE_BYTES_MIN = 64 * 1024;

    private Duration statementTimeout = Duration.ofSeconds(30);
    private Duration transactionTimeout = Duration.ofSeconds(60);
    private long resultRowsMax = 1_000_000;
    private long resultBytesMax = 256L * 1024 * 1024;
    private int sqlLengthMax = 1_000_000;
    private int parametersMax = PARAMETERS_MAX;
    private long databaseBytesMax = 10L * 1024 * 1024 * 1024;

    private Builder() {}

    private Builder(Limits from) {
      this.statementTimeout = from.statementTimeout;
      this.transactionTimeout = from.transactionTimeout;
      this.resultRowsMax = from.resultRowsMax;
      this.resultBytesMax = from.resultBytesMax;
      this.sqlLengthMax = from.sqlLengthMax;
      this.parametersMax = from.parametersMax;
      this.databaseBytesMax = from.databaseBytesMax;
    }

    /**
     * How long a statement may run inside SQLite; of a stream, each row for itself. Default 30
     * seconds: no caller of a web service waits longer. It is looked at every few thousand steps of
     * SQLite's machine, so a function of the user's own that hangs is not ended by it. Migrations
     * are not bound by it.
     *
     * @param value more than zero, at most a century
     * @return this
     */
    public Builder statementTimeout(Duration value) {
      statementTimeout = Objects.requireNonNull(value, "statementTimeout");
      return this;
    }

    /**
     * How long a transaction, a snapshot of {@link DB#read} or a stream may be open. Default 60
     * seconds: a transaction keeps every other writer of the tenant waiting, and a snapshot keeps
     * its log from shrinking. When the time is up, the transaction is rolled back and the writer is
     * given on, or the reader is taken back, even while the caller does something else; its next
     * use of what it had open is the error. {@link DB#exportTo} and {@link DB#integrityCheck} may
     * take as long as they need.
     *
     * @param value more than zero, at most a century
     * @return this
     */
    public Builder transactionTimeout(Duration value) {
      transactionTimeout = Objects.requireNonNull(value, "transactionTimeout");
      return this;
    }

    /**
     * How many rows a list of rows may have; streams are not bound by it. Default 1,000,000: a
     * longer list is a forgotten WHERE or LIMIT.
     *
     * @param value 1 or more
     * @return this
     */
    public Builder resultRowsMax(long value) {
      resultRowsMax = value;
      return this;
    }

    /**
     * How many bytes of text and blobs a list of rows may have; streams are not bound by it.
     * Default 256 MiB: a list is on the heap, which all tenants share.
     *
     * @param value 1 or more
     * @return this
     */
    public Builder resultBytesMax(long value) {
      resultBytesMax = value;
      return this;
    }

    /**
     * How long a statement's text may be, in {@code char}s; in a script, each. Default 1,000,000:
     * longer ones have values pasted in.
     *
     * @param value 1 or more
     * @return this
     */
    public Builder sqlLengthMax(int value) {
      sqlLengthMax = value;
      return this;
    }

    /**
     * How many parameters a statement may have as SQLite gets it: lists are spread, and filled up
     * to a power of two. Default 32,766, which is as many as SQLite can.
     *
     * @param value 1 to 32,766
     * @return this
     */
    public Builder parametersMax(int value) {
      parametersMax = value;
      return this;
    }

    /**
     * How many bytes a tenant's database may have, its log aside; counted in whole pages. Default
     * 10 GiB, so that one tenant cannot fill the disk of all. A database that is larger already can
     * be read and shrunk.
     *
     * @param value 65,536 or more
     * @return this
     */
    public Builder databaseBytesMax(long value) {
      databaseBytesMax = value;
      return this;
    }

    /**
     * Checks the limits and makes them final.
     *
     * @return the limits
     * @throws IllegalArgumentException if one is out of range; names it
     */
    public Limits build() {
      DBOptions.Builder.positive("statementTimeout", statementTimeout);
      DBOptions.Builder.positive("transactionTimeout", transactionTimeout);
      atLeast("resultRowsMax", resultRowsMax, 1);
      atLeast("resultBytesMax", resultBytesMax, 1);
      atLeast("sqlLengthMax", sqlLengthMax, 1);
      atLeast("parametersMax", parametersMax, 1);
      if (parametersMax > PARAMETERS_MAX) {
        throw new IllegalArgumentException(
            "parametersMax must be at most " + PARAMETERS_MAX + ": " + parametersMax);
      }
      atLeast("databaseBytesMax", databaseBytesMax, DATABASE_BYTES_MIN);
      return new Limits(this);
    }

    private static void atLeast(String name, long value, long least) {
      if (value < least) {
        throw new IllegalArgumentException(name + " must be " + least + " or more: " + value);
      }
    }
  }
}
