package dev.dosql.web.remote;

import dev.dosql.Converter;
import dev.dosql.Queries;
import dev.dosql.TransactionWork;
import dev.dosql.internal.remote.RemoteStatements;
import dev.dosql.internal.remote.RemoteValues;
import java.lang.invoke.MethodHandles;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A tenant's database that a {@link RemoteServer} of another process serves, used like a local one.
 *
 * <p>What is the same: parameters and values, 64-bit exact; the errors, by type and fields; and
 * transactions, which run their work here, on the caller's thread, while the endpoint holds them.
 * What differs:
 *
 * <ul>
 *   <li>The endpoint may allow certain statements only, by their text, or by a name that is given
 *       here in place of the SQL.
 *   <li>Rows come in one answer, those of a stream too. What is larger than the endpoint sends is a
 *       {@link dev.dosql.LimitExceededException} ({@code rowsMax}, {@code answerBytesMax}).
 *   <li>A transaction is rolled back when its work makes no call for the endpoint's idle time, and
 *       at its deadline: its next call, or its commit, is a {@link
 *       dev.dosql.TransactionEndedException}. {@link dev.dosql.Transaction#db()} is an {@link
 *       UnsupportedOperationException}.
 *   <li>A write whose answer was lost, came too late, or was not waited for because of an interrupt
 *       is a {@link dev.dosql.CommitInDoubtException}: it may or may not have been done. The commit
 *       of a transaction is asked for again first, which tells unless the endpoint is away or has
 *       restarted. Where a write must be known to be done once, give it a key of its own that is
 *       unique in a table.
 *   <li>A call that was refused, or did not reach the endpoint, is a {@link RemoteCallException};
 *       one that only reads and takes too long a {@link dev.dosql.QueryTimeoutException}.
 * </ul>
 *
 * <p>A call is sent again only when nothing of it was executed: no connection was made, or the
 * endpoint had no room for it.
 *
 * <p>Safe for use by many threads; a transaction is confined to the one that opened it. Whoever
 * builds it closes it.
 */
public final class RemoteDB extends RemoteQueries implements Queries, AutoCloseable {
  private final Exchange exchange;
  private final Duration callTimeout;

  private RemoteDB(Builder from, RemoteStatements statements) {
    super(statements, new RemoteValues(statements, from.converters, from.lookup));
    this.exchange =
        new Exchange(
            from.base,
            from.tenant,
            from.secret,
            from.busyTimeout,
            from.answerBytesMax,
            from.client());
    this.callTimeout = from.callTimeout;
  }

  /**
   * A remote database, to be made. Nothing is sent before the first call.
   *
   * @param base where the endpoint is, up to what comes before the tenant's name: {@code
   *     https://data.internal:9443/dosql}
   * @param tenant the tenant's name
   * @param secret the secret of this service
   * @return a builder
   */
  public static Builder builder(URI base, String tenant, String secret) {
    return new Builder(base, tenant, secret);
  }

  /**
   * The tenant's name.
   *
   * @return the name
   */
  public String tenant() {
    return exchange.tenant();
  }

  Exchange exchange() {
    return exchange;
  }

  Duration callTimeout() {
    return callTimeout;
  }

  @Override
  Map<?, ?> call(String path, Map<String, @Nullable Object> body, boolean mayWrite) {
    RemoteTransaction.checkOutside(exchange, mayWrite || path.equals("/transaction/begin"));
    try {
      return exchange.call(path, body, callTimeout);
    } catch (NoAnswerException e) {
      throw mayWrite ? e.doubtful() : e.harmless();
    }
  }

  @Override
  RemoteStream.Scope scope() {
    return new RemoteStream.Scope() {
      @Override
      public boolean isOver() {
        return false;
      }

      @Override
      public void check() {
        // What is here belongs to nobody else.
      }
    };
  }

  @Override
  public <T extends @Nullable Object, X extends Exception> T transaction(TransactionWork<T, X> work)
      throws X {
    return RemoteTransaction.run(this, Objects.requireNonNull(work, "work"));
  }

  /**
   * Ends this handle: calls that begin after it are a {@link dev.dosql.DatabaseClosedException}. A
   * transaction that is open is rolled back by the endpoint. Does nothing the second time.
   */
  @Override
  public void close() {
    exchange.close();
  }

  /**
   * Collects settings; {@link #build} checks them.
   *
   * <p>Used by one thread at a time.
   */
  public static final class Builder {
    private static final Duration TIME_MAX = Duration.ofHours(1);

    private final URI base;
    private final String tenant;
    private final String secret;
    private final List<Converter<?>> converters = new ArrayList<>();
    private MethodHandles.@Nullable Lookup lookup;
    private @Nullable HttpClient client;
    private Duration connectTimeout = Duration.ofSeconds(5);
    private Duration callTimeout = Duration.ofSeconds(40);
    private Duration busyTimeout = Duration.ofSeconds(5);
    private int answerBytesMax = 64 * 1024 * 1024;

    private Builder(URI base, String tenant, String secret) {
      this.base = checked(base);
      this.tenant = Objects.requireNonNull(tenant, "tenant");
      this.secret = secret;
      Secrets.check(secret);
    }

    private static URI checked(URI base) {
      boolean http = "http".equals(base.getScheme()) || "https".equals(base.getScheme());
      if (!http
          || base.getHost() == null
          || base.getRawUserInfo() != null
          || base.getRawQuery() != null
          || base.getRawFragment() != null) {
        throw new IllegalArgumentException(
            "base must be http or https with a host, a port and a path at most: " + base.getHost());
      }
      return URI.create(base.toString().replaceFirst("/+$", ""));
    }

    /**
     * How long making a connection may take. Default 5 seconds. Not with {@link #httpClient}.
     *
     * @param value more than zero, at most an hour
     * @return this
     */
    public Builder connectTimeout(Duration value) {
      connectTimeout = Objects.requireNonNull(value, "connectTimeout");
      return this;
    }

    /**
     * How long a call waits for its answer. Default 40 seconds, which is longer than the endpoint's
     * statements and transactions may take unless set.
     *
     * @param value more than zero, at most an hour
     * @return this
     */
    public Builder callTimeout(Duration value) {
      callTimeout = Objects.requireNonNull(value, "callTimeout");
      return this;
    }

    /**
     * How long a call is sent again that the endpoint refuses because too many others run. Default
     * 5 seconds; then it is a {@link RemoteCallException}.
     *
     * @param value zero or more, at most an hour
     * @return this
     */
    public Builder busyTimeout(Duration value) {
      busyTimeout = Objects.requireNonNull(value, "busyTimeout");
      return this;
    }

    /**
     * How large an answer may be, as it is sent. Default 64 MiB.
     *
     * @param value 1 or more
     * @return this
     */
    public Builder answerBytesMax(int value) {
      answerBytesMax = value;
      return this;
    }

    /**
     * What sends the calls, to be shared by several of these; it stays the caller's. Default one of
     * its own. It should not follow redirects.
     *
     * @param value the client
     * @return this
     */
    public Builder httpClient(HttpClient value) {
      client = Objects.requireNonNull(value, "httpClient");
      return this;
    }

    /**
     * A converter for a type of the application's own, as of {@code DBOptions}. The endpoint's own
     * are not used for what is sent from here.
     *
     * @param value the converter
     * @return this
     */
    public Builder converter(Converter<?> value) {
      converters.add(Objects.requireNonNull(value, "converter"));
      return this;
    }

    /**
     * Lets rows become records that are not public, as of {@code DBOptions}.
     *
     * @param value {@code MethodHandles.lookup()}, called by the code that has them
     * @return this
     */
    public Builder lookup(MethodHandles.Lookup value) {
      lookup = Objects.requireNonNull(value, "lookup");
      return this;
    }

    private HttpClient client() {
      return client != null
          ? client
          : HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .connectTimeout(connectTimeout)
              .build();
    }

    /**
     * Makes the remote database.
     *
     * @return the database, to be closed
     * @throws IllegalArgumentException if a setting is out of range, or two converters claim a type
     */
    public RemoteDB build() {
      checkTime("connectTimeout", connectTimeout, 1);
      checkTime("callTimeout", callTimeout, 1);
      checkTime("busyTimeout", busyTimeout, 0);
      if (answerBytesMax < 1) {
        throw new IllegalArgumentException("answerBytesMax must be 1 or more: " + answerBytesMax);
      }
      return new RemoteDB(this, new RemoteStatements());
    }

    private static void checkTime(String name, Duration value, long minMillis) {
      if (value.compareTo(Duration.ofMillis(minMillis)) < 0 || value.compareTo(TIME_MAX) > 0) {
        throw new IllegalArgumentException(
            name + " must be " + minMillis + " ms to " + TIME_MAX + ": " + value);
      }
    }
  }
}
