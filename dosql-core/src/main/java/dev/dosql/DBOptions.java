package dev.dosql;

import dev.dosql.storage.ObjectStore;
import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a directory of tenants is opened. Every option has a default that suits a web service.
 *
 * <p>Immutable; safe for use by many threads. Two are equal when all their options are; functions,
 * collations and converters are compared by {@code equals}, which for a lambda means the same one.
 */
public final class DBOptions {
  private final Path directory;
  private final @Nullable String migrations;
  private final NewerSchema newerSchema;
  private final Durability durability;
  private final Map<String, Durability> durabilities;
  private final int openTenantsMax;
  private final Duration idleTimeout;
  private final int readersMax;
  private final Duration writeLockTimeout;
  private final Limits limits;
  private final Duration slowQueryThreshold;
  private final Duration onceRetention;
  private final boolean createIfMissing;
  private final @Nullable String coldUri;
  private final @Nullable ObjectStore coldStore;
  private final Shipping shipping;
  private final boolean openWhenUnreachable;
  private final @Nullable StorageListener storageListener;
  private final List<Converter<?>> converters;
  private final Map<String, Function> functions;
  private final Map<String, Comparator<String>> collations;
  private final MethodHandles.@Nullable Lookup lookup;

  private DBOptions(Builder from) {
    this.directory = from.directory;
    this.migrations = from.migrations;
    this.newerSchema = from.newerSchema;
    this.durability = from.durability;
    this.durabilities = Map.copyOf(from.durabilities);
    this.openTenantsMax = from.openTenantsMax;
    this.idleTimeout = from.idleTimeout;
    this.readersMax = from.readersMax;
    this.writeLockTimeout = from.writeLockTimeout;
    this.limits = from.limits;
    this.slowQueryThreshold = from.slowQueryThreshold;
    this.onceRetention = from.onceRetention;
    this.createIfMissing = from.createIfMissing;
    this.coldUri = from.coldUri;
    this.coldStore = from.coldStore;
    this.shipping = from.shipping;
    this.openWhenUnreachable = from.openWhenUnreachable;
    this.storageListener = from.storageListener;
    this.converters = List.copyOf(from.converters);
    this.functions = Map.copyOf(from.functions);
    this.collations = Map.copyOf(from.collations);
    this.lookup = from.lookup;
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
   * These options, to be changed.
   *
   * @return a builder
   */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /**
   * Where the tenants' files are.
   *
   * @return the directory
   */
  public Path directory() {
    return directory;
  }

  /**
   * Where the migrations are.
   *
   * @return a folder or {@code classpath:…}, or empty for none
   */
  public Optional<String> migrations() {
    return Optional.ofNullable(migrations);
  }

  /**
   * What happens to a tenant whose schema is newer than the migrations.
   *
   * @return the policy
   */
  public NewerSchema newerSchema() {
    return newerSchema;
  }

  /**
   * What a commit has survived when the call returns.
   *
   * @return the durability
   */
  public Durability durability() {
    return durability;
  }

  /**
   * The same for one tenant.
   *
   * @param tenant the tenant's name
   * @return its own durability if it has one, that of all if not
   */
  public Durability durability(String tenant) {
    return durabilities.getOrDefault(tenant, durability);
  }

  /**
   * The tenants that have a durability of their own.
   *
   * @return the durabilities by the tenants' names, unmodifiable
   */
  public Map<String, Durability> durabilities() {
    return durabilities;
  }

  /**
   * How many tenants may be open at once.
   *
   * @return the bound
   */
  public int openTenantsMax() {
    return openTenantsMax;
  }

  /**
   * How long a tenant stays open unused.
   *
   * @return the time
   */
  public Duration idleTimeout() {
    return idleTimeout;
  }

  /**
   * How many reader connections a tenant may have.
   *
   * @return the bound
   */
  public int readersMax() {
    return readersMax;
  }

  /**
   * How long a call waits for a connection that others hold.
   *
   * @return the time
   */
  public Duration writeLockTimeout() {
    return writeLockTimeout;
  }

  /**
   * How much one call may ask for.
   *
   * @return the limits
   */
  public Limits limits() {
    return limits;
  }

  /**
   * From which time on a statement is logged as slow.
   *
   * @return the time
   */
  public Duration slowQueryThreshold() {
    return slowQueryThreshold;
  }

  /**
   * How long a key of {@link DB#once} is kept.
   *
   * @return the time
   */
  public Duration onceRetention() {
    return onceRetention;
  }

  /**
   * Whether using a tenant that does not exist creates it.
   *
   * @return true if it does
   */
  public boolean createIfMissing() {
    return createIfMissing;
  }

  /**
   * Where commits are shipped to, by URI.
   *
   * @return the URI of a store, or empty if there is none or it was given as an object
   */
  public Optional<String> coldUri() {
    return Optional.ofNullable(coldUri);
  }

  /**
   * Where commits are shipped to, as an object.
   *
   * @return the store, or empty if there is none or it was given by URI
   */
  public Optional<ObjectStore> coldStore() {
    return Optional.ofNullable(coldStore);
  }

  /**
   * How commits go there.
   *
   * @return the settings
   */
  public Shipping shipping() {
    return shipping;
  }

  /**
   * Whether a tenant that is on the disk is opened while its bucket is out of reach.
   *
   * @return true if it is
   */
  public boolean openWhenUnreachable() {
    return openWhenUnreachable;
  }

  /**
   * Who hears what happens between tenants and their bucket.
   *
   * @return the listener, or empty for none
   */
  public Optional<StorageListener> storageListener() {
    return Optional.ofNullable(storageListener);
  }

  /**
   * The converters for types of the user's own.
   *
   * @return the converters, unmodifiable
   */
  public List<Converter<?>> converters() {
    return converters;
  }

  /**
   * The functions that SQL can call.
   *
   * @return the functions by name in lower case, unmodifiable
   */
  public Map<String, Function> functions() {
    return functions;
  }

  /**
   * The orders that SQL can use in COLLATE.
   *
   * @return the orders by name in lower case, unmodifiable
   */
  public Map<String, Comparator<String>> collations() {
    return collations;
  }

  /**
   * The right to reach records and beans that are not public.
   *
   * @return the lookup, or empty for public types only
   */
  public Optional<MethodHandles.Lookup> lookup() {
    return Optional.ofNullable(lookup);
  }

  /** Every option by name, for comparing and printing. */
  private Map<String, Object> asMap() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("directory", directory);
    all.put("migrations", migrations());
    all.put("newerSchema", newerSchema);
    all.put("durability", durability);
    all.put("durabilities", durabilities);
    all.put("openTenantsMax", openTenantsMax);
    all.put("idleTimeout", idleTimeout);
    all.put("readersMax", readersMax);
    all.put("writeLockTimeout", writeLockTimeout);
    all.put("limits", limits);
    all.put("slowQueryThreshold", slowQueryThreshold);
    all.put("onceRetention", onceRetention);
    all.put("createIfMissing", createIfMissing);
    all.put("cold", coldStore == null ? coldUri() : coldStore());
    all.put("shipping", shipping);
    all.put("openWhenUnreachable", openWhenUnreachable);
    all.put("storageListener", storageListener());
    all.put("converters", converters);
    all.put("functions", functions);
    all.put("collations", collations);
    all.put("lookup", lookup());
    return all;
  }

  /**
   * The options in which these differ from others, each with both values, for a message. The
   * directory is not one of them: two paths may lead to the same.
   */
  List<String> differencesFrom(DBOptions other) {
    List<String> differences = new ArrayList<>();
    Map<String, Object> others = other.asMap();
    asMap()
        .forEach(
            (name, value) -> {
              if (!name.equals("directory") && !value.equals(others.get(name))) {
                differences.add(name + "=" + value + ", open with " + others.get(name));
              }
            });
    return differences;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DBOptions options && asMap().equals(options.asMap());
  }

  @Override
  public int hashCode() {
    return asMap().hashCode();
  }

  @Override
  public String toString() {
    return "DBOptions" + asMap();
  }

  /**
   * A function as it was registered.
   *
   * @param arguments how many arguments it takes, or -1 for any number
   * @param deterministic whether equal arguments always give equal results, so that SQLite may call
   *     it once for many rows
   * @param body the function
   */
  public record Function(int arguments, boolean deterministic, SqlFunction body) {}

  /**
   * Collects options; {@link #build} checks them.
   *
   * <p>Used by one thread at a time.
   */
  public static final class Builder {
    /** A century: what is longer cannot be counted in nanoseconds. */
    private static final Duration DURATION_MAX = Duration.ofDays(36_525);

    /** SQLite's own bound for a function's name. */
    private static final int NAME_BYTES_MAX = 255;

    private Path directory = Path.of(".do", "data");
    private @Nullable String migrations;
    private NewerSchema newerSchema = NewerSchema.REFUSE;
    private Durability durability = Durability.LOCAL;
    private Map<String, Durability> durabilities = new TreeMap<>();
    private int openTenantsMax = 1000;
    private Duration idleTimeout = Duration.ofMinutes(5);
    private int readersMax = 8;
    private Duration writeLockTimeout = Duration.ofSeconds(5);
    private Limits limits = Limits.builder().build();
    private Duration slowQueryThreshold = Duration.ofSeconds(1);
    private Duration onceRetention = Duration.ofHours(24);
    private boolean createIfMissing = true;
    private @Nullable String coldUri;
    private @Nullable ObjectStore coldStore;
    private Shipping shipping = Shipping.builder().build();
    private boolean openWhenUnreachable = true;
    private @Nullable StorageListener storageListener;
    private List<Converter<?>> converters = new ArrayList<>();
    private Map<String, Function> functions = new TreeMap<>();
    private Map<String, Comparator<String>> collations = new TreeMap<>();
    private MethodHandles.@Nullable Lookup lookup;

    private Builder() {}

    private Builder(DBOptions from) {
      this.directory = from.directory;
      this.migrations = from.migrations;
      this.newerSchema = from.newerSchema;
      this.durability = from.durability;
      this.durabilities = new TreeMap<>(from.durabilities);
      this.openTenantsMax = from.openTenantsMax;
      this.idleTimeout = from.idleTimeout;
      this.readersMax = from.readersMax;
      this.writeLockTimeout = from.writeLockTimeout;
      this.limits = from.limits;
      this.slowQueryThreshold = from.slowQueryThreshold;
      this.onceRetention = from.onceRetention;
      this.createIfMissing = from.createIfMissing;
      this.coldUri = from.coldUri;
      this.coldStore = from.coldStore;
      this.shipping = from.shipping;
      this.openWhenUnreachable = from.openWhenUnreachable;
      this.storageListener = from.storageListener;
      this.converters = new ArrayList<>(from.converters);
      this.functions = new TreeMap<>(from.functions);
      this.collations = new TreeMap<>(from.collations);
      this.lookup = from.lookup;
    }

    /**
     * Where the tenants' files are; created if missing. Default {@code .do/data}.
     *
     * @param value a directory of a local file system that nobody else uses
     * @return this
     */
    public Builder directory(Path value) {
      directory = Objects.requireNonNull(value, "directory");
      return this;
    }

    /**
     * Where the migrations are. Default none: the schema is the application's own business.
     *
     * @param location a folder, or {@code classpath:} and a folder of the class path
     * @return this
     */
    public Builder migrations(String location) {
      migrations = Objects.requireNonNull(location, "migrations");
      return this;
    }

    /**
     * The folder in which the migrations are.
     *
     * @param folder a folder of the file system
     * @return this
     */
    public Builder migrations(Path folder) {
      return migrations(folder.toString());
    }

    /**
     * What happens to a tenant whose schema is newer than the migrations. Default REFUSE, because
     * old code on a new schema is safe only if somebody thought about it.
     *
     * @param value the policy
     * @return this
     */
    public Builder newerSchema(NewerSchema value) {
      newerSchema = Objects.requireNonNull(value, "newerSchema");
      return this;
    }

    /**
     * What a commit has survived when the call returns. Default LOCAL, because an acknowledged
     * write is expected to be there after a power cut.
     *
     * @param value the durability
     * @return this
     */
    public Builder durability(Durability value) {
      durability = Objects.requireNonNull(value, "durability");
      return this;
    }

    /**
     * The same for one tenant, in place of that of all: for those whose commits are worth more, or
     * less.
     *
     * @param tenant the tenant's name
     * @param value its durability
     * @return this
     */
    public Builder durability(String tenant, Durability value) {
      durabilities.put(
          Objects.requireNonNull(tenant, "tenant"), Objects.requireNonNull(value, "durability"));
      return this;
    }

    /**
     * How many tenants may be open at once; beyond it the one that was used least recently is
     * evicted. Tenants in the middle of a call are never evicted, so for a moment there may be
     * more. Default 1,000. One that is written to takes four file descriptors and about half a
     * megabyte; with all its readers in use and their caches full, 12 and up to three megabytes.
     *
     * @param value 1 or more
     * @return this
     */
    public Builder openTenantsMax(int value) {
      openTenantsMax = value;
      return this;
    }

    /**
     * How long a tenant stays open unused. Default 5 minutes: opening one takes about a
     * millisecond, so there is little to gain from more.
     *
     * @param value more than zero, at most a century
     * @return this
     */
    public Builder idleTimeout(Duration value) {
      idleTimeout = Objects.requireNonNull(value, "idleTimeout");
      return this;
    }

    /**
     * How many reader connections a tenant may have; they are opened when they are needed. Default
     * 8: a thread that loses its core keeps its reader, and with no more readers than cores the
     * others would wait for it. One that is not needed is not opened and takes nothing.
     *
     * @param value 1 or more
     * @return this
     */
    public Builder readersMax(int value) {
      readersMax = value;
      return this;
    }

    /**
     * How long a write waits for the writer, and a read for a reader, that others hold. Default 5
     * seconds: longer than any sound transaction, shorter than the patience of a client.
     *
     * @param value more than zero, at most a century
     * @return this
     */
    public Builder writeLockTimeout(Duration value) {
      writeLockTimeout = Objects.requireNonNull(value, "writeLockTimeout");
      return this;
    }

    /**
     * How much one call of a tenant may ask for: time, rows, bytes. Every limit has a default.
     *
     * @param value the limits
     * @return this
     */
    public Builder limits(Limits value) {
      limits = Objects.requireNonNull(value, "limits");
      return this;
    }

    /**
     * From which time on a statement is logged as slow, as a warning of {@code dev.dosql.slow},
     * with its tenant, its plan and its SQL without values. Of a stream it is the time to its first
     * row. Default one second: a service that answers that late is noticed.
     *
     * @param value more than zero, at most a century
     * @return this
     */
    public Builder slowQueryThreshold(Duration value) {
      slowQueryThreshold = Objects.requireNonNull(value, "slowQueryThreshold");
      return this;
    }

    /**
     * How long a key of {@link DB#once} is kept, with its value. Default 24 hours: longer than
     * sound clients go on asking again, and a day's keys are few.
     *
     * @param value more than zero, at most a century
     * @return this
     */
    public Builder onceRetention(Duration value) {
      onceRetention = Objects.requireNonNull(value, "onceRetention");
      return this;
    }

    /**
     * Whether using a tenant that does not exist creates it. Default true. With false, {@link
     * DoSQL#create} is the only way to make one.
     *
     * @param value true to create
     * @return this
     */
    public Builder createIfMissing(boolean value) {
      createIfMissing = value;
      return this;
    }

    /**
     * Ships the commits of all tenants to a bucket or directory, and brings tenants back from there
     * that are not on the disk. Default none.
     *
     * <p>The store is opened with the directory and closed with it. No two directories may ship to
     * one place: each tenant there has one owner, and who comes second takes it over.
     *
     * @param uri {@code file:…} for a directory, {@code
     *     s3://bucket/prefix?endpoint=…&amp;region=…&amp;pathStyle=…} for a bucket of S3, R2 or the
     *     like, which needs the AWS SDK on the class path; or a scheme of a store of others
     * @return this
     */
    public Builder cold(String uri) {
      coldUri = Objects.requireNonNull(uri, "cold");
      coldStore = null;
      return this;
    }

    /**
     * The same with a store that is open, and which the caller closes afterwards.
     *
     * @param store the store; all keys in it may be used
     * @return this
     */
    public Builder cold(ObjectStore store) {
      coldStore = Objects.requireNonNull(store, "cold");
      coldUri = null;
      return this;
    }

    /**
     * How commits go to the bucket. Every setting has a default.
     *
     * @param value the settings
     * @return this
     */
    public Builder shipping(Shipping value) {
      shipping = Objects.requireNonNull(value, "shipping");
      return this;
    }

    /**
     * Whether a tenant that is on the disk is opened while its bucket is out of reach, although it
     * cannot be compared with what is there. Default true: a service goes on while its bucket is
     * away. With false, opening it is a {@link StorageException}. A tenant that is not on the disk
     * is never taken for a new one while its bucket is out of reach.
     *
     * @param value true to open it
     * @return this
     */
    public Builder openWhenUnreachable(boolean value) {
      openWhenUnreachable = value;
      return this;
    }

    /**
     * Who hears what happens between tenants and their bucket. Default nobody; it is logged anyway.
     *
     * @param value the listener
     * @return this
     */
    public Builder storageListener(StorageListener value) {
      storageListener = Objects.requireNonNull(value, "storageListener");
      return this;
    }

    /**
     * Adds a converter for a type of the user's own.
     *
     * @param value the converter
     * @return this
     */
    public Builder converter(Converter<?> value) {
      converters.add(Objects.requireNonNull(value, "converter"));
      return this;
    }

    /**
     * Adds a function that SQL can call, but not from a trigger, a view or a column's definition
     * ({@code trusted_schema} is off).
     *
     * @param name the name in SQL
     * @param arguments how many arguments it takes, or -1 for any number
     * @param deterministic whether equal arguments always give equal results
     * @param body the function
     * @return this
     */
    public Builder function(String name, int arguments, boolean deterministic, SqlFunction body) {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(body, "body");
      functions.put(name.toLowerCase(Locale.ROOT), new Function(arguments, deterministic, body));
      return this;
    }

    /**
     * Adds an order that SQL can use in COLLATE. Files that use it in an index cannot be read
     * without it. It must not throw: the statement then fails, but SQLite cannot be told in time
     * that a single row it writes has no place in the order.
     *
     * @param name the name in SQL
     * @param order the order
     * @return this
     */
    public Builder collation(String name, Comparator<String> order) {
      Objects.requireNonNull(name, "name");
      collations.put(name.toLowerCase(Locale.ROOT), Objects.requireNonNull(order, "order"));
      return this;
    }

    /**
     * Gives the right to make records and beans that are not public, or stand in a named module
     * that does not open them: {@code MethodHandles.lookup()}, called by the code that has that
     * right.
     *
     * @param value the lookup
     * @return this
     */
    public Builder lookup(MethodHandles.Lookup value) {
      lookup = Objects.requireNonNull(value, "lookup");
      return this;
    }

    /**
     * Checks the options and makes them final.
     *
     * @return the options
     * @throws IllegalArgumentException if an option is out of range, or two contradict each other;
     *     names them
     */
    public DBOptions build() {
      atLeastOne("openTenantsMax", openTenantsMax);
      atLeastOne("readersMax", readersMax);
      positive("idleTimeout", idleTimeout);
      positive("writeLockTimeout", writeLockTimeout);
      positive("slowQueryThreshold", slowQueryThreshold);
      positive("onceRetention", onceRetention);
      if (newerSchema == NewerSchema.ALLOW && migrations == null) {
        throw new IllegalArgumentException(
            "newerSchema=ALLOW needs migrations: without them no schema is newer");
      }
      boolean toBucket =
          durability == Durability.BUCKET || durabilities.containsValue(Durability.BUCKET);
      if (toBucket && coldUri == null && coldStore == null) {
        throw new IllegalArgumentException(
            "durability=BUCKET needs cold: without it there is no bucket");
      }
      if (migrations != null && migrations.isBlank()) {
        throw new IllegalArgumentException("migrations must be a folder or classpath:, is blank");
      }
      functions.forEach(Builder::checkFunction);
      collations.keySet().forEach(name -> checkName("collation", name));
      converterTypesDiffer();
      return new DBOptions(this);
    }

    private void converterTypesDiffer() {
      long types = converters.stream().map(Converter::type).distinct().count();
      if (types != converters.size()) {
        throw new IllegalArgumentException("converters must differ in type: " + converters);
      }
    }

    private static void checkName(String what, String name) {
      int bytes = name.getBytes(StandardCharsets.UTF_8).length;
      if (name.isBlank() || bytes > NAME_BYTES_MAX) {
        throw new IllegalArgumentException(
            "name of "
                + what
                + " must have 1 to "
                + NAME_BYTES_MAX
                + " bytes, not all blank: "
                + name);
      }
    }

    private static void checkFunction(String name, Function function) {
      checkName("function", name);
      if (function.arguments() < -1 || function.arguments() > 127) {
        throw new IllegalArgumentException(
            "arguments of function " + name + " must be -1 to 127: " + function.arguments());
      }
    }

    private static void atLeastOne(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + " must be 1 or more: " + value);
      }
    }

    static void positive(String name, Duration value) {
      if (value.isNegative() || value.isZero() || value.compareTo(DURATION_MAX) > 0) {
        throw new IllegalArgumentException(
            name + " must be more than zero and at most " + DURATION_MAX + ": " + value);
      }
    }
  }
}
