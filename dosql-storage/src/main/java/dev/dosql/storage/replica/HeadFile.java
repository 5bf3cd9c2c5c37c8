package dev.dosql.storage.replica;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.capture.Position;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * A head as bytes; the fields are in the package description.
 *
 * <p>One head has one form: what is read must be, to the byte, what would be written. So nothing
 * unknown is in it, and no damage passes that the seal would not show.
 */
final class HeadFile {

  static final long FORMAT = 1;

  /** A head longer than this was not written by us. */
  static final int BYTES_MAX = 4 << 20;

  private static final String LOST = "which history is the tenant's, and so all of it";

  private HeadFile() {}

  static byte[] encode(Head head) {
    StringBuilder out = new StringBuilder(512);
    out.append("{\n  \"format\": ").append(FORMAT);
    field(out, "tenant", Json.quote(head.tenant()));
    field(out, "lineage", Json.quote(head.lineage()));
    StringJoiner parents = new StringJoiner(", ", "[", "]");
    head.parents().forEach(parent -> parents.add("{" + position(parent) + "}"));
    field(out, "parents", parents.toString());
    field(out, "node", Json.quote(head.node()));
    field(out, "claim", Json.quote(head.claim()));
    field(out, "epoch", Long.toString(head.epoch()));
    field(out, "released", Boolean.toString(head.released()));
    field(out, "fenceDue", Boolean.toString(head.fenceDue()));
    field(out, "last", "{" + position(head.last()) + "}");
    StringJoiner snapshots = new StringJoiner(",\n    ", "[", "]");
    head.snapshots().forEach(snapshot -> snapshots.add(snapshot(snapshot)));
    field(out, "snapshots", snapshots.toString());
    field(out, "floor", hex(head.floor()));
    field(out, "deleted", head.deleted() == null ? "null" : Json.quote(head.deleted().toString()));
    field(out, "updated", Json.quote(head.updated().toString()));
    field(out, "seal", Json.quote(Hashes.sha256(out.toString(), 32)));
    return out.append("\n}\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void field(StringBuilder out, String name, String value) {
    out.append(",\n  \"").append(name).append("\": ").append(value);
  }

  private static String position(Position position) {
    return "\"lineage\": \"%s\", \"txid\": %s, \"chain\": \"%s\""
        .formatted(position.lineage(), hex(position.txid()), position.chain());
  }

  private static String snapshot(Snapshot snapshot) {
    return "{%s, \"length\": %d, \"checksum\": %s}"
        .formatted(position(snapshot.position()), snapshot.length(), hex(snapshot.checksum()));
  }

  /** A string, because JSON's numbers lose digits in other hands; as in the names of objects. */
  private static String hex(long value) {
    return '"' + HexFormat.of().toHexDigits(value) + '"';
  }

  static Head decode(String key, byte[] bytes, String etag) throws BadObjectException {
    if (bytes.length > BYTES_MAX) {
      throw refused(key, bytes.length + " bytes", null);
    }
    try {
      Head head = head(new Fields(Json.parse(text(bytes))), etag);
      if (!Arrays.equals(encode(head), bytes)) {
        throw refused(key, "a seal or a form that does not fit the fields", null);
      }
      return head;
    } catch (NewerFormatException e) {
      throw new BadObjectException(
          key,
          "format=" + e.format,
          "format=" + FORMAT + " or a later version of this library",
          "nothing: another version wrote it",
          null);
    } catch (Json.SyntaxException
        | CharacterCodingException
        | IllegalArgumentException
        | DateTimeException e) {
      throw refused(key, String.valueOf(e.getMessage()), e);
    }
  }

  private static BadObjectException refused(String key, String seen, @Nullable Exception cause) {
    return new BadObjectException(key, seen, "a head as it was written", LOST, cause);
  }

  private static String text(byte[] bytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  private static final class NewerFormatException extends Exception {
    private static final long serialVersionUID = 1L;
    private final long format;

    NewerFormatException(long format) {
      super(null, null, false, false);
      this.format = format;
    }
  }

  private static Head head(Fields fields, String etag) throws NewerFormatException {
    long format = fields.number("format");
    if (format != FORMAT) {
      throw new NewerFormatException(format);
    }
    List<Position> parents = new ArrayList<>();
    for (Object parent : fields.list("parents")) {
      parents.add(new Fields(parent).position());
    }
    List<Snapshot> snapshots = new ArrayList<>();
    for (Object snapshot : fields.list("snapshots")) {
      Fields each = new Fields(snapshot);
      snapshots.add(new Snapshot(each.position(), each.number("length"), each.hex("checksum")));
    }
    Object deleted = fields.map.get("deleted");
    return new Head(
        fields.string("tenant"),
        fields.string("lineage"),
        parents,
        fields.string("node"),
        fields.string("claim"),
        fields.number("epoch"),
        fields.of(Boolean.class, "released"),
        fields.of(Boolean.class, "fenceDue"),
        new Fields(fields.map.get("last")).position(),
        snapshots,
        fields.hex("floor"),
        deleted == null ? null : Instant.parse(fields.string("deleted")),
        Instant.parse(fields.string("updated")),
        etag);
  }

  /** The fields of one object, each of the kind that is asked for or refused. */
  private static final class Fields {
    private final Map<?, ?> map;

    Fields(@Nullable Object object) {
      if (!(object instanceof Map<?, ?> fields)) {
        throw new IllegalArgumentException("no object where one belongs");
      }
      map = fields;
    }

    <T> T of(Class<T> kind, String name) {
      Object value = map.get(name);
      if (!kind.isInstance(value)) {
        throw new IllegalArgumentException("no " + kind.getSimpleName() + " as " + name);
      }
      return kind.cast(value);
    }

    String string(String name) {
      return of(String.class, name);
    }

    long number(String name) {
      return of(Long.class, name);
    }

    List<?> list(String name) {
      return of(List.class, name);
    }

    long hex(String name) {
      return HexFormat.fromHexDigitsToLong(string(name));
    }

    Position position() {
      return new Position(string("lineage"), hex("txid"), string("chain"));
    }
  }
}
