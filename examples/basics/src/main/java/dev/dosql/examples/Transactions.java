package dev.dosql.examples;

import dev.dosql.DB;
import dev.dosql.Queries;

/** Moving money between accounts: all of it or nothing. */
public final class Transactions {
  /** Thrown by the work of a transaction, which undoes it; it reaches the caller as it was. */
  static final class InsufficientFunds extends Exception {
    private static final long serialVersionUID = 1L;

    InsufficientFunds(String account) {
      super("not enough money in the account of " + account);
    }
  }

  private Transactions() {}

  /** Moves money that is there, and then money that is not. */
  public static void main(String[] args) throws InsufficientFunds {
    try (DB db = DB.memory()) {
      db.exec("CREATE TABLE accounts (owner TEXT PRIMARY KEY, cents INTEGER NOT NULL) STRICT");
      db.run("INSERT INTO accounts VALUES ('ada', 10000), ('bob', 0)");

      System.out.println("ada has " + transfer(db, "ada", "bob", 2500) + " left");

      try {
        transfer(db, "bob", "ada", 99999);
      } catch (InsufficientFunds e) {
        System.out.println("undone: " + e.getMessage());
      }
      print(db);

      depositAndTryABonus(db);
      print(db);
    }
  }

  // tag::transfer[]
  static long transfer(Queries db, String from, String to, long cents) throws InsufficientFunds {
    return db.transaction(
        tx -> {
          tx.run("UPDATE accounts SET cents = cents + ? WHERE owner = ?", cents, to);
          return tx.queryOne(
                  Long.class,
                  "UPDATE accounts SET cents = cents - ? WHERE owner = ? AND cents >= ? RETURNING cents",
                  cents,
                  from,
                  cents)
              .orElseThrow(() -> new InsufficientFunds(from));
        });
  }

  // end::transfer[]

  /** A transaction inside a transaction is a savepoint: its failure need not be the outer one's. */
  private static void depositAndTryABonus(DB db) {
    db.useTransaction(
        tx -> {
          tx.run("UPDATE accounts SET cents = cents + 100 WHERE owner = 'bob'");
          try {
            transfer(tx, "bob", "ada", 99999);
          } catch (InsufficientFunds e) {
            System.out.println("only the inner one undone: " + e.getMessage());
          }
        });
  }

  private static void print(DB db) {
    db.query("SELECT owner, cents FROM accounts ORDER BY owner")
        .forEach(row -> System.out.println(row.getString("owner") + " " + row.getLong("cents")));
  }
}
