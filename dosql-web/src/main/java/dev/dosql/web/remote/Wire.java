package dev.dosql.web.remote;

import dev.dosql.MappingException;
import dev.dosql.ParameterException;
import dev.dosql.web.WebException;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * JSON, and SQLite's values in it. In the exact encoding, what JSON cannot say is an object of one
 * member, which names the kind: {@code i} an integer beyond 2^53, {@code r} an infinite real,
 * {@code b} a BLOB in base64, {@code d} a decimal. A number with a point or an exponent is a real.
 * In the plain one, which any client knows, such values are refused.
 */
final class Wire {
  /** The media type of the exact encoding; who does not accept it gets the plain one. */
  static final String EXACT = "application/vnd.dosql.v1+json";

  /** What every client of JSON reads exactly. */
  private static final long SAFE_MAX = (1L << 53) - 1;

  private static final int DEPTH_MAX = 16;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private Wire() {}

  /** JSON as maps, lists, texts, Longs, Doubles, truth values and null. */
  static @Nullable Object parse(byte[] json) {
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), text(json))) {
      parser.nextToken();
      Object value = value(parser);
      if (parser.nextToken() != null) {
        throw WebException.badRequest("body has more than one JSON value");
      }
      return value;
    } catch (JacksonException e) {
      throw WebException.badRequest("body is not JSON that can be read");
    }
  }

  /** Strictly: the parser would take some bytes for characters that are not. */
  private static String text(byte[] json) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
    } catch (CharacterCodingException e) {
      throw WebException.badRequest("body is not UTF-8");
    }
  }

  private static @Nullable Object value(JsonParser parser) {
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw WebException.badRequest("body is not JSON");
    }
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> integer(parser);
      case VALUE_NUMBER_FLOAT -> real(parser);
      case VALUE_TRUE -> Boolean.TRUE;
      case VALUE_FALSE -> Boolean.FALSE;
      case VALUE_NULL -> null;
      default -> throw WebException.badRequest("body is not JSON");
    };
  }

  private static Map<String, @Nullable Object> object(JsonParser parser) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      members.put(name, value(parser));
    }
    return members;
  }

  private static List<@Nullable Object> array(JsonParser parser) {
    List<@Nullable Object> elements = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      elements.add(value(parser));
    }
    return elements;
  }

  private static Long integer(JsonParser parser) {
    Number number = parser.getNumberValue();
    if (number instanceof Integer || number instanceof Long) {
      return number.longValue();
    }
    throw new ParameterException("integer refused: needs 64 bits at most");
  }

  private static Double real(JsonParser parser) {
    double real = parser.getDoubleValue();
    if (Double.isInfinite(real)) {
      throw new ParameterException("real refused: larger than a double; infinity is {\"r\": …}");
    }
    return real;
  }

  /** Maps, lists, texts, integers, reals, truth values and null as JSON in UTF-8. */
  static byte[] write(@Nullable Object value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator generator = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
      write(generator, value);
    }
    return out.toByteArray();
  }

  private static void write(JsonGenerator out, @Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      out.writeStartObject();
      map.forEach(
          (name, each) -> {
            out.writeName((String) name);
            write(out, each);
          });
      out.writeEndObject();
    } else if (value instanceof Iterable<?> list) {
      out.writeStartArray();
      list.forEach(each -> write(out, each));
      out.writeEndArray();
    } else {
      writeScalar(out, value);
    }
  }

  private static void writeScalar(JsonGenerator out, @Nullable Object value) {
    if (value == null) {
      out.writeNull();
    } else if (value instanceof Long || value instanceof Integer) {
      out.writeNumber(((Number) value).longValue());
    } else if (value instanceof Double real) {
      out.writeNumber(real);
    } else if (value instanceof Boolean truth) {
      out.writeBoolean(truth);
    } else {
      out.writeString((String) value);
    }
  }

  /** A value of SQLite, or a decimal, for {@link #write}; exact. */
  static @Nullable Object exact(@Nullable Object value) {
    if (value instanceof Long integer && !isSafe(integer)) {
      return Map.of("i", integer.toString());
    }
    if (value instanceof Double real && real.isInfinite()) {
      return Map.of("r", real.toString());
    }
    if (value instanceof byte[] blob) {
      return Map.of("b", Base64.getEncoder().encodeToString(blob));
    }
    return value instanceof BigDecimal decimal ? Map.of("d", decimal.toString()) : value;
  }

  /** Parameters, a list or a map of values and lists of values, for {@link #write}; exact. */
  static @Nullable Object exactAll(@Nullable Object params) {
    if (params instanceof List<?> list) {
      List<@Nullable Object> all = new ArrayList<>(list.size());
      list.forEach(each -> all.add(exactAll(each)));
      return all;
    }
    if (params instanceof Map<?, ?> names) {
      Map<Object, @Nullable Object> all = new LinkedHashMap<>();
      names.forEach((name, each) -> all.put(name, exactAll(each)));
      return all;
    }
    return exact(params);
  }

  /**
   * A value of SQLite for a client that knows JSON alone.
   *
   * @throws MappingException if such a client could not read it as it is
   */
  static @Nullable Object plain(@Nullable Object value) {
    if (value instanceof Long integer && !isSafe(integer)) {
      throw unfit("an integer beyond 2^53");
    }
    if (value instanceof Double real && real.isInfinite()) {
      throw unfit("an infinite real");
    }
    if (value instanceof byte[]) {
      throw unfit("a BLOB");
    }
    return value;
  }

  private static MappingException unfit(String what) {
    return new MappingException(
        "answer refused: it has " + what + ", which needs a client that accepts " + EXACT);
  }

  private static boolean isSafe(long integer) {
    return -SAFE_MAX <= integer && integer <= SAFE_MAX;
  }

  /** What {@link #exact} made, after {@link #parse}. */
  static @Nullable Object fromExact(@Nullable Object json) {
    if (!(json instanceof Map<?, ?> tagged)) {
      return single(json);
    }
    if (tagged.size() == 1) {
      Map.Entry<?, ?> only = tagged.entrySet().iterator().next();
      if (only.getKey() instanceof String kind && only.getValue() instanceof String text) {
        return fromTag(kind, text);
      }
    }
    throw new ParameterException("value refused: an object of one member needed (i, r, b or d)");
  }

  private static Object fromTag(String kind, String text) {
    try {
      return switch (kind) {
        case "i" -> Long.valueOf(text);
        case "r" -> infinity(text);
        case "b" -> Base64.getDecoder().decode(text);
        case "d" -> decimal(text);
        default -> throw new ParameterException("value refused: unknown kind, needed i, r, b or d");
      };
    } catch (IllegalArgumentException e) {
      throw new ParameterException("value refused: not of its kind (kind=" + kind + ")");
    }
  }

  private static Double infinity(String text) {
    return switch (text) {
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> throw new IllegalArgumentException("no infinity");
    };
  }

  /** Short ones only: their digits are worked with before the database's own limits are met. */
  private static BigDecimal decimal(String text) {
    if (text.length() > 1000) {
      throw new IllegalArgumentException("too long");
    }
    return new BigDecimal(text);
  }

  /** A parameter of a client that knows JSON alone, after {@link #parse}. */
  static @Nullable Object fromPlain(@Nullable Object json) {
    if (json instanceof Long integer && !isSafe(integer)) {
      throw new ParameterException(
          "integer refused: beyond 2^53, where a client without " + EXACT + " has rounded it");
    }
    if (json instanceof Map) {
      throw new ParameterException("value refused: an object is no value of SQLite");
    }
    return single(json);
  }

  private static @Nullable Object single(@Nullable Object json) {
    if (json instanceof List) {
      throw new ParameterException("value refused: a list is no value of SQLite");
    }
    return json;
  }
}
