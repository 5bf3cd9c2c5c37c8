package dev.dosql.examples;

import dev.dosql.CheckViolationException;
import dev.dosql.DB;
import java.util.List;

/**
 * One database in a file, with nothing to set up. It is kept in {@code .do/data} of the working
 * directory: run it twice, and the second run finds the notes of the first.
 */
public final class Embedded {
  /** A row of the table of notes: columns meet components by name. */
  public record Note(long id, String body) {}

  private Embedded() {}

  /** Writes a note and reads all of them. */
  public static void main(String[] args) {
    try (DB db = DB.open("notes")) {
      db.exec(
          """
          CREATE TABLE IF NOT EXISTS notes (
            id   INTEGER PRIMARY KEY,
            body TEXT NOT NULL CONSTRAINT body_is_not_empty CHECK (body <> '')
          ) STRICT;
          """);

      long id = db.run("INSERT INTO notes (body) VALUES (?)", "buy milk").lastInsertRowid();
      System.out.println("wrote note " + id);

      List<Note> notes = db.query(Note.class, "SELECT id, body FROM notes ORDER BY id");
      notes.forEach(System.out::println);

      writeEmpty(db);
    }
  }

  /** What breaks a rule of the schema is refused; the error's type and fields tell which rule. */
  private static void writeEmpty(DB db) {
    try {
      db.run("INSERT INTO notes (body) VALUES (?)", "");
    } catch (CheckViolationException e) {
      System.out.println("refused: " + e.constraint().orElseThrow());
    }
  }
}
