package dev.dosql.internal.session;

import dev.dosql.BatchResult;
import dev.dosql.Column;
import dev.dosql.PreparedSql;
import dev.dosql.Queries;
import dev.dosql.RunResult;
import dev.dosql.TransactionAction;
import dev.dosql.internal.engine.WriteStatements;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sql.Script;
import dev.dosql.internal.sql.Verb;
import dev.dosql.internal.tenant.Instance;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What handles and transactions have in common. */
abstract class AbstractQueries extends AbstractReads implements Queries {
  private final Instance instance;

  AbstractQueries(Instance instance) {
    this.instance = instance;
  }

  final Instance instance() {
    return instance;
  }

  /** The columns of a statement that is not run. */
  abstract List<Column> describe(String sql);

  /** Runs a script that has been checked, all or nothing. */
  abstract void runScript(List<ParsedSql> script);

  /** Screens a statement, or finds it among those that were. */
  final ParsedSql parse(String sql) {
    return instance.parsed().get(Objects.requireNonNull(sql, "sql"));
  }

  static boolean writes(ParsedSql parsed) {
    return switch (parsed.verb()) {
      case INSERT, UPDATE, DELETE -> true;
      default -> false;
    };
  }

  /** Refuses what cannot have rows before it takes a connection. */
  static void checkMayHaveRows(ParsedSql parsed) {
    if (parsed.verb() == Verb.SCHEMA) {
      throw WriteStatements.refused("statement returns no rows: use run or exec", parsed);
    }
  }

  static void checkOnlyReads(ParsedSql parsed) {
    checkMayHaveRows(parsed);
    if (writes(parsed)) {
      throw WriteStatements.refused(
          "statement writes, and its rows are all read at once: use query", parsed);
    }
  }

  static void checkHasNoRows(ParsedSql parsed) {
    switch (parsed.verb()) {
      case SELECT, VALUES, EXPLAIN ->
          throw WriteStatements.refused(
              "statement returns rows: use query, queryOne or stream", parsed);
      default -> {}
    }
  }

  @Override
  public final BatchResult batch(String sql, Iterable<?> each) {
    Objects.requireNonNull(each, "each");
    ParsedSql parsed = parse(sql);
    checkHasNoRows(parsed);
    return transaction(
        tx -> {
          long executions = 0;
          long changes = 0;
          long rowid = 0;
          for (Object params : each) {
            RunResult one = tx.run(sql, parameters(params));
            executions++;
            changes += one.changes();
            rowid = one.lastInsertRowid() == 0 ? rowid : one.lastInsertRowid();
          }
          return new BatchResult(executions, changes, rowid);
        });
  }

  private static @Nullable Object[] parameters(@Nullable Object each) {
    if (each instanceof Object[] values) {
      return values;
    }
    if (each instanceof List<?> values) {
      return values.toArray();
    }
    return new Object[] {each};
  }

  @Override
  public final void exec(String script) {
    List<ParsedSql> statements = Script.parse(Objects.requireNonNull(script, "script"));
    statements.forEach(each -> instance.parsed().checkLength(each.sql()));
    if (!statements.isEmpty()) {
      runScript(statements);
    }
  }

  @Override
  public final PreparedSql prepare(String sql) {
    parse(sql);
    describe(sql);
    return new Prepared(this, sql);
  }

  @Override
  public final <X extends Exception> void useTransaction(TransactionAction<X> work) throws X {
    Objects.requireNonNull(work, "work");
    this.<@Nullable Object, X>transaction(
        tx -> {
          work.run(tx);
          return null;
        });
  }
}
