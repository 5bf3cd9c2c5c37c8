/**
 * Java values as SQLite stores them, and rows as Java values.
 *
 * <p><b>The value table.</b> What a Java value becomes in a file is a disk format: it may grow, but
 * a line of it never changes.
 *
 * <table>
 *   <caption>Java types, as stored and as read</caption>
 *   <tr><th>Java</th><th>stored as</th><th>also read from</th></tr>
 *   <tr><td>null, empty {@code Optional}</td><td>NULL</td><td></td></tr>
 *   <tr><td>{@code boolean}</td><td>INTEGER 0 or 1</td><td></td></tr>
 *   <tr><td>{@code byte}, {@code short}, {@code int}, {@code long}</td><td>INTEGER</td>
 *       <td>any INTEGER in range; a REAL that is whole and in range</td></tr>
 *   <tr><td>{@code float}, {@code double}</td><td>REAL; NaN is refused, since SQLite makes it NULL;
 *       SQLite drops the sign of -0.0 in a REAL column, and makes a whole number an INTEGER in a
 *       column of INTEGER or NUMERIC affinity</td>
 *       <td>an INTEGER or REAL that the type holds exactly</td></tr>
 *   <tr><td>{@code String}</td><td>TEXT; an unpaired surrogate is refused, since UTF-8 has none;
 *       U+0000 is kept</td><td></td></tr>
 *   <tr><td>{@code char}</td><td>TEXT of one UTF-16 unit; a surrogate is refused</td><td></td></tr>
 *   <tr><td>an enum</td><td>TEXT: {@code name()}</td><td></td></tr>
 *   <tr><td>{@code byte[]}</td><td>BLOB</td><td></td></tr>
 *   <tr><td>{@code UUID}</td><td>TEXT, 36 characters, lower case</td><td>upper case</td></tr>
 *   <tr><td>{@code Instant}</td><td>TEXT {@code 2026-11-22T15:27:54.279000000Z}: UTC, always nine
 *       digits, years 0000 to 9999, so that texts sort as instants do</td>
 *       <td>0 to 9 digits, no seconds, any offset; {@code YYYY-MM-DD HH:MM:SS} as
 *       {@code CURRENT_TIMESTAMP} gives it, which is UTC. With {@code T} and no offset it is a
 *       {@code LocalDateTime}, and refused</td></tr>
 *   <tr><td>{@code OffsetDateTime}</td><td>TEXT {@code 2026-11-22T16:27:54.279000000+01:00}, or
 *       {@code Z}; local years 0000 to 9999; keeps the offset and sorts only among equal
 *       ones</td><td>as {@code Instant}</td></tr>
 *   <tr><td>{@code LocalDateTime}</td><td>TEXT {@code 2026-11-22T15:27:54.279000000}; years 0000 to
 *       9999; sorts</td><td>0 to 9 digits, no seconds, a space for {@code T}; not with an
 *       offset</td></tr>
 *   <tr><td>{@code LocalDate}</td><td>TEXT {@code 2026-11-22}; years 0000 to 9999; sorts</td>
 *       <td></td></tr>
 *   <tr><td>{@code LocalTime}</td><td>TEXT {@code 15:27:54.279000000}; sorts</td>
 *       <td>0 to 9 digits, no seconds</td></tr>
 *   <tr><td>{@code Duration}</td><td>TEXT {@code PT1H0.5S}, as ISO-8601; does not sort</td>
 *       <td></td></tr>
 *   <tr><td>{@code BigDecimal}</td><td>TEXT: {@code toString()}, which keeps value and scale, where
 *       {@code toPlainString()} would lose a negative scale; to be kept in a TEXT column</td>
 *       <td>an INTEGER, which is what NUMERIC affinity makes of 10.00. Not a REAL: there affinity
 *       has rounded it</td></tr>
 *   <tr><td>{@code BigInteger}</td><td>INTEGER; refused beyond 64 bits</td>
 *       <td>a REAL that is whole and within 64 bits</td></tr>
 *   <tr><td>{@code Optional}</td><td>as its value</td>
 *       <td>a component or property {@code Optional<X>}</td></tr>
 *   <tr><td>a type with a {@code Converter}</td><td>what the converter says</td><td></td></tr>
 *   <tr><td>{@code Object}</td><td>by its class</td>
 *       <td>anything: {@code Long}, {@code Double}, {@code String}, {@code byte[]} or null</td></tr>
 * </table>
 *
 * <p>A column's affinity has the last word on what is stored: a number in a TEXT column becomes
 * TEXT, and a {@code String} or {@code char} that looks like a number becomes one in a column of
 * INTEGER, REAL or NUMERIC affinity. Both are refused when they are read as what they were.
 *
 * <p>Nothing else is converted: TEXT is never parsed as a number, and a number is never formatted
 * as text. What would lose information is an error that names the column, what is stored and what
 * was asked for, but not the value.
 */
@NullMarked
package dev.dosql.internal.values;

import org.jspecify.annotations.NullMarked;
