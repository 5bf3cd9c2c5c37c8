package dev.dosql;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What one tenant must hold, kept in maps, and what SQLite must answer to each statement.
 *
 * <p>Three tables: {@code item}, with every kind of constraint and triggers that end a transaction
 * or a statement; {@code note}, whose rows go with their item; {@code later}, whose foreign key is
 * looked at when the transaction commits.
 */
final class Oracle {
  static final String SCHEMA =
      """
      CREATE TABLE item(
        id INTEGER PRIMARY KEY, k TEXT NOT NULL UNIQUE,
        v INTEGER NOT NULL CHECK (v BETWEEN 0 AND 1000));
      CREATE TABLE note(
        id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE);
      CREATE TABLE later(
        id INTEGER PRIMARY KEY,
        item_id INTEGER NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED);
      CREATE TRIGGER item_insert_ends BEFORE INSERT ON item WHEN NEW.v = 666
        BEGIN SELECT RAISE(ROLLBACK, 'ended'); END;
      CREATE TRIGGER item_update_ends BEFORE UPDATE ON item WHEN NEW.v = 666
        BEGIN SELECT RAISE(ROLLBACK, 'ended'); END;
      CREATE TRIGGER item_insert_fails BEFORE INSERT ON item WHEN NEW.v = 667
        BEGIN SELECT RAISE(ABORT, 'failed'); END;
      CREATE TRIGGER item_update_fails BEFORE UPDATE ON item WHEN NEW.v = 667
        BEGIN SELECT RAISE(ABORT, 'failed'); END;
      """;

  private static final long V_MAX = 1_000;
  private static final long ENDS_TRANSACTION = 666;
  private static final long FAILS = 667;
  private static final int COLUMNS_MAX = 4;

  /** An item without the columns that were added, whose values follow from their names. */
  record Item(String k, long v) {}

  /** What a statement must answer: a failure, or counts and the ids that it returns. */
  record Expected(
      Class<? extends DoSQLException> failure,
      boolean endsTransaction,
      long changes,
      long rowid,
      List<Long> returned) {
    static Expected done(long changes, long rowid, List<Long> returned) {
      return new Expected(null, false, changes, rowid, returned);
    }

    static Expected fails(Class<? extends DoSQLException> failure, boolean endsTransaction) {
      return new Expected(failure, endsTransaction, 0, 0, List.of());
    }

    boolean succeeds() {
      return failure == null;
    }
  }

  /** A statement, and what it does to a tenant. */
  record Statement(
      String sql, boolean returning, List<Object> params, Function<Oracle, Expected> effect) {
    /** The statement without parameters. */
    String literal() {
      StringBuilder text = new StringBuilder();
      int next = 0;
      for (String piece : sql.split("\\?", -1)) {
        text.append(piece);
        if (next < params.size()) {
          Object value = params.get(next);
          text.append(value instanceof String ? "'" + value + "'" : String.valueOf(value));
        }
        next++;
      }
      return text.toString();
    }
  }

  /** What SQLite does with a row that breaks a constraint. */
  private enum Policy {
    ABORT,
    IGNORE,
    REPLACE,
    FAIL,
    ROLLBACK
  }

  private final TreeMap<Long, Item> items = new TreeMap<>();
  private final TreeMap<Long, Long> notes = new TreeMap<>();
  private final TreeMap<Long, Long> laters = new TreeMap<>();
  private int columns;

  Oracle copy() {
    Oracle copy = new Oracle();
    copy.become(this);
    return copy;
  }

  void become(Oracle other) {
    items.clear();
    items.putAll(other.items);
    notes.clear();
    notes.putAll(other.notes);
    laters.clear();
    laters.putAll(other.laters);
    columns = other.columns;
  }

  TreeMap<Long, Item> items() {
    return items;
  }

  /** All of {@code SELECT * FROM item ORDER BY id}. */
  List<Map<String, Object>> itemRows() {
    List<Map<String, Object>> rows = new ArrayList<>();
    items.forEach(
        (id, item) -> {
          Map<String, Object> row = new LinkedHashMap<>();
          row.put("id", id);
          row.put("k", item.k());
          row.put("v", item.v());
          for (long i = 1; i <= columns; i++) {
            row.put("x" + i, i);
          }
          rows.add(row);
        });
    return rows;
  }

  Map<Long, Long> notes() {
    return notes;
  }

  Map<Long, Long> laters() {
    return laters;
  }

  /** Whether a commit would be refused. */
  boolean isBroken() {
    return !items.keySet().containsAll(laters.values());
  }

  /** A statement of any kind. */
  static Statement any(SplittableRandom random, Oracle now) {
    return switch (random.nextInt(12)) {
      case 0, 1, 2, 3 -> anyInsert(random);
      case 4, 5 -> anyUpsert(random);
      case 6, 7 -> anyUpdate(random);
      case 8 -> anyDelete(random);
      case 9 -> child(random, "note");
      case 10 -> child(random, "later");
      default -> anyOther(random, now);
    };
  }

  static Statement anyInsert(SplittableRandom random) {
    Policy policy = Policy.values()[random.nextInt(Policy.values().length)];
    Long id = random.nextInt(3) == 0 ? random.nextLong(1, 20) : null;
    String k = anyKey(random);
    long v = anyValue(random);
    boolean returning = random.nextInt(4) == 0;
    List<Object> params = new ArrayList<>();
    params.add(id);
    params.add(k);
    params.add(v);
    return new Statement(
        "INSERT OR " + policy + " INTO item(id, k, v) VALUES(?, ?, ?)" + returning(returning),
        returning,
        params,
        oracle -> oracle.insert(policy, id, k, v));
  }

  private static Statement anyUpsert(SplittableRandom random) {
    String k = anyKey(random);
    long v = anyValue(random);
    boolean returning = random.nextInt(3) == 0;
    return new Statement(
        "INSERT INTO item(k, v) VALUES(?, ?) ON CONFLICT(k) DO UPDATE SET v = v + excluded.v"
            + returning(returning),
        returning,
        List.of(k, v),
        oracle -> oracle.upsert(k, v));
  }

  private static Statement anyUpdate(SplittableRandom random) {
    Policy policy =
        List.of(Policy.ABORT, Policy.IGNORE, Policy.FAIL, Policy.ROLLBACK).get(random.nextInt(4));
    long delta = random.nextLong(-300, 301);
    long last = random.nextLong(0, 20);
    boolean returning = random.nextInt(4) == 0;
    return new Statement(
        "UPDATE OR " + policy + " item SET v = v + ? WHERE id <= ?" + returning(returning),
        returning,
        List.of(delta, last),
        oracle -> oracle.update(policy, delta, last));
  }

  private static Statement anyDelete(SplittableRandom random) {
    if (random.nextInt(20) == 0) {
      return new Statement(
          "DELETE FROM item", false, List.of(), oracle -> oracle.delete(0, Long.MAX_VALUE));
    }
    long first = random.nextLong(1, 20);
    long last = first + random.nextInt(4);
    boolean returning = random.nextInt(4) == 0;
    return new Statement(
        "DELETE FROM item WHERE id BETWEEN ? AND ?" + returning(returning),
        returning,
        List.of(first, last),
        oracle -> oracle.delete(first, last));
  }

  private static Statement child(SplittableRandom random, String table) {
    long item = random.nextLong(1, 20);
    return new Statement(
        "INSERT INTO " + table + "(item_id) VALUES(?)",
        false,
        List.of(item),
        oracle -> table.equals("note") ? oracle.addNote(item) : oracle.addLater(item));
  }

  private static Statement anyOther(SplittableRandom random, Oracle now) {
    if (random.nextInt(3) > 0) {
      return new Statement("DELETE FROM later", false, List.of(), Oracle::deleteLaters);
    }
    int count = now.columns;
    if (count < COLUMNS_MAX && random.nextBoolean()) {
      String column = "x" + (count + 1) + " INTEGER NOT NULL DEFAULT " + (count + 1);
      return new Statement(
          "ALTER TABLE item ADD COLUMN " + column,
          false,
          List.of(),
          oracle -> oracle.setColumns(count + 1));
    }
    if (count == 0) {
      return new Statement("DELETE FROM note", false, List.of(), Oracle::deleteNotes);
    }
    return new Statement(
        "ALTER TABLE item DROP COLUMN x" + count,
        false,
        List.of(),
        oracle -> oracle.setColumns(count - 1));
  }

  private static String anyKey(SplittableRandom random) {
    return "k" + random.nextInt(14);
  }

  private static long anyValue(SplittableRandom random) {
    return switch (random.nextInt(16)) {
      case 0 -> ENDS_TRANSACTION;
      case 1 -> FAILS;
      case 2 -> -1;
      default -> random.nextInt(300);
    };
  }

  private static String returning(boolean wanted) {
    return wanted ? " RETURNING id" : "";
  }

  /** What a trigger says to a value, or null if it lets it pass. */
  private static Expected trigger(long v) {
    if (v == ENDS_TRANSACTION || v == FAILS) {
      return Expected.fails(ConstraintViolationException.class, v == ENDS_TRANSACTION);
    }
    return null;
  }

  private static boolean passesCheck(long v) {
    return v >= 0 && v <= V_MAX;
  }

  private Long idOf(String k) {
    for (Map.Entry<Long, Item> each : items.entrySet()) {
      if (each.getValue().k().equals(k)) {
        return each.getKey();
      }
    }
    return null;
  }

  private static long nextId(TreeMap<Long, ?> table) {
    return table.isEmpty() ? 1 : table.lastKey() + 1;
  }

  private Expected insert(Policy policy, Long givenId, String k, long v) {
    Expected raised = trigger(v);
    if (raised != null) {
      return raised;
    }
    if (!passesCheck(v)) {
      return policy == Policy.IGNORE
          ? Expected.done(0, 0, List.of())
          : Expected.fails(CheckViolationException.class, policy == Policy.ROLLBACK);
    }
    long id = givenId == null ? nextId(items) : givenId;
    Long sameKey = idOf(k);
    if (items.containsKey(id) || sameKey != null) {
      if (policy == Policy.IGNORE) {
        return Expected.done(0, 0, List.of());
      }
      if (policy != Policy.REPLACE) {
        return Expected.fails(UniqueViolationException.class, policy == Policy.ROLLBACK);
      }
      remove(id);
      if (sameKey != null) {
        remove(sameKey);
      }
    }
    items.put(id, new Item(k, v));
    return Expected.done(1, id, List.of(id));
  }

  private Expected upsert(String k, long v) {
    Expected raised = trigger(v);
    if (raised != null) {
      return raised;
    }
    if (!passesCheck(v)) {
      return Expected.fails(CheckViolationException.class, false);
    }
    Long known = idOf(k);
    if (known == null) {
      long id = nextId(items);
      items.put(id, new Item(k, v));
      return Expected.done(1, id, List.of(id));
    }
    long sum = items.get(known).v() + v;
    raised = trigger(sum);
    if (raised != null) {
      return raised;
    }
    if (!passesCheck(sum)) {
      return Expected.fails(CheckViolationException.class, false);
    }
    items.put(known, new Item(k, sum));
    return Expected.done(1, 0, List.of(known));
  }

  private Expected update(Policy policy, long delta, long last) {
    TreeMap<Long, Item> before = new TreeMap<>(items);
    List<Long> changed = new ArrayList<>();
    for (Map.Entry<Long, Item> each : before.headMap(last, true).entrySet()) {
      long v = each.getValue().v() + delta;
      Expected raised = trigger(v);
      if (raised == null && !passesCheck(v)) {
        if (policy == Policy.IGNORE) {
          continue;
        }
        raised = Expected.fails(CheckViolationException.class, policy == Policy.ROLLBACK);
        if (policy == Policy.FAIL) {
          return raised; // The rows before this one stay as they are by now.
        }
      }
      if (raised != null) {
        items.putAll(before);
        return raised;
      }
      items.put(each.getKey(), new Item(each.getValue().k(), v));
      changed.add(each.getKey());
    }
    return Expected.done(changed.size(), 0, changed);
  }

  private Expected delete(long first, long last) {
    List<Long> ids = new ArrayList<>(items.subMap(first, true, last, true).keySet());
    ids.forEach(this::remove);
    return Expected.done(ids.size(), 0, ids);
  }

  private void remove(long id) {
    items.remove(id);
    notes.values().removeIf(item -> item == id);
  }

  private Expected addNote(long item) {
    if (!items.containsKey(item)) {
      return Expected.fails(ForeignKeyViolationException.class, false);
    }
    long id = nextId(notes);
    notes.put(id, item);
    return Expected.done(1, id, List.of());
  }

  private Expected addLater(long item) {
    long id = nextId(laters);
    laters.put(id, item);
    return Expected.done(1, id, List.of());
  }

  private Expected deleteLaters() {
    long count = laters.size();
    laters.clear();
    return Expected.done(count, 0, List.of());
  }

  private Expected deleteNotes() {
    long count = notes.size();
    notes.clear();
    return Expected.done(count, 0, List.of());
  }

  private Expected setColumns(int count) {
    columns = count;
    return Expected.done(0, 0, List.of());
  }

  @Override
  public String toString() {
    return "items=" + items + ", notes=" + notes + ", laters=" + laters + ", columns=" + columns;
  }
}
