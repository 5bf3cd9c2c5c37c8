package dev.dosql.internal.values;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A value as bytes: SQLite's values for it, with names if there is more than one. The layout is a
 * disk format, all numbers big-endian:
 *
 * <table>
 *   <caption>The layout</caption>
 *   <tr><th>bytes</th><th>what</th></tr>
 *   <tr><td>1</td><td>the version of the layout, 1</td></tr>
 *   <tr><td>1</td><td>the form: 0 null, and nothing follows; 1 one value; 2 named values</td></tr>
 *   <tr><td>2</td><td>form 2 only: how many, without sign</td></tr>
 *   <tr><td>2, n</td><td>before each value, form 2 only: its name's length, without sign, and its
 *       name in UTF-8</td></tr>
 *   <tr><td>1</td><td>of each value: its type as SQLite numbers them, 1 INTEGER, 2 REAL, 3 TEXT, 4
 *       BLOB, 5 NULL</td></tr>
 *   <tr><td>8, or 4 and n, or 0</td><td>INTEGER in two's complement; REAL as IEEE 754; TEXT in UTF-8
 *       and BLOB, each behind its length; of NULL nothing</td></tr>
 * </table>
 *
 * @param names the names, or null for one value without
 * @param row the values
 */
record EncodedRow(@Nullable List<String> names, StoredRow row) {
  private static final int VERSION = 1;
  private static final int NULL = 0;
  private static final int ONE = 1;
  private static final int NAMED = 2;

  /** The bytes of null. */
  static byte[] ofNull() {
    return new byte[] {VERSION, NULL};
  }

  /** The bytes. */
  byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      write(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Memory does not fail.
    }
    return bytes.toByteArray();
  }

  private void write(DataOutputStream out) throws IOException {
    out.writeByte(VERSION);
    out.writeByte(names == null ? ONE : NAMED);
    if (names != null) {
      out.writeShort(names.size());
    }
    for (int i = 0; i < row.count(); i++) {
      if (names != null) {
        byte[] name = names.get(i).getBytes(UTF_8);
        out.writeShort(name.length);
        out.write(name);
      }
      writeValue(out, i);
    }
  }

  private void writeValue(DataOutputStream out, int column) throws IOException {
    int type = row.type(column);
    out.writeByte(type);
    switch (type) {
      case Columns.INTEGER -> out.writeLong(row.longAt(column));
      case Columns.REAL -> out.writeDouble(row.doubleAt(column));
      case Columns.TEXT -> writeBytes(out, row.textAt(column).getBytes(UTF_8));
      case Columns.BLOB -> writeBytes(out, row.blobAt(column));
      default -> {}
    }
  }

  private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  /**
   * Reads bytes again; null for those of null.
   *
   * @throws IllegalArgumentException if they have not this layout
   */
  static @Nullable EncodedRow read(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      int version = in.get();
      if (version != VERSION) {
        throw new IllegalArgumentException("layout " + version + " seen, needed " + VERSION);
      }
      EncodedRow read = read(in, in.get());
      if (in.hasRemaining()) {
        throw new IllegalArgumentException(in.remaining() + " bytes too many seen");
      }
      return read;
    } catch (BufferUnderflowException | CharacterCodingException e) {
      throw new IllegalArgumentException("bytes seen that end early or are no UTF-8", e);
    }
  }

  private static @Nullable EncodedRow read(ByteBuffer in, int form)
      throws CharacterCodingException {
    return switch (form) {
      case NULL -> null;
      case ONE -> new EncodedRow(null, StoredRow.of(readValue(in)));
      case NAMED -> readNamed(in, Short.toUnsignedInt(in.getShort()));
      default -> throw new IllegalArgumentException("form " + form + " seen, needed 0 to 2");
    };
  }

  private static EncodedRow readNamed(ByteBuffer in, int count) throws CharacterCodingException {
    List<String> names = new ArrayList<>();
    List<@Nullable Object> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(text(in, Short.toUnsignedInt(in.getShort())));
      values.add(readValue(in));
    }
    return new EncodedRow(List.copyOf(names), StoredRow.of(values.toArray()));
  }

  private static @Nullable Object readValue(ByteBuffer in) throws CharacterCodingException {
    int type = in.get();
    return switch (type) {
      case Columns.INTEGER -> (Object) in.getLong();
      case Columns.REAL -> (Object) in.getDouble();
      case Columns.TEXT -> text(in, in.getInt());
      case Columns.BLOB -> blob(in, in.getInt());
      case Columns.NULL -> null;
      default -> throw new IllegalArgumentException("type " + type + " seen, needed 1 to 5");
    };
  }

  private static String text(ByteBuffer in, int length) throws CharacterCodingException {
    return UTF_8.newDecoder().decode(ByteBuffer.wrap(blob(in, length))).toString();
  }

  private static byte[] blob(ByteBuffer in, int length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException(); // Before so much memory is asked for.
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
