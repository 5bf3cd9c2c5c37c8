package dev.dosql.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A flat space of named objects, each a string of bytes with a version tag and a little metadata.
 *
 * <p>Every store keeps this contract:
 *
 * <ul>
 *   <li><b>Keys</b> are relative names of 1 to {@value #KEY_BYTES_MAX} UTF-8 bytes, in segments
 *       separated by {@code /}. No segment is empty, {@code .} or {@code ..}; so there is no slash
 *       at either end. There are no control characters and no unpaired surrogates. Two keys are the
 *       same only if all their bytes are: case and Unicode normal form matter. A key may be the
 *       beginning of another ({@code a} and {@code a/b}). A store may refuse a key that its medium
 *       cannot name; it says which in its own documentation.
 *   <li><b>Atomic</b>: a reader sees the whole old object or the whole new one, with the tag and
 *       the metadata that belong to those bytes, never a mixture and never a part.
 *   <li><b>Durable</b>: when a put returns, the object survives the loss of power.
 *   <li><b>Visible</b>: when a put or delete returns, every get and list that starts later, in any
 *       process, sees its outcome.
 *   <li><b>Conditional</b>: of any number of {@code ifAbsent} puts of one key, at most one
 *       succeeds; of any number of {@code ifMatch} puts that name one version, at most one succeeds
 *       in replacing it, across threads and processes. The only exception is a put of the very same
 *       bytes, because equal bytes may have equal tags.
 *   <li><b>Version tags</b> (ETags) are opaque, not empty and differ when the bytes differ. Whether
 *       equal bytes have equal tags is the store's own affair.
 *   <li><b>Failures</b>: {@link PreconditionFailedException} from a put says that this call wrote
 *       nothing. Any other {@link IOException} from a put or delete is ambiguous: the object may or
 *       may not have been written or deleted; read it back to learn which.
 *   <li><b>Absence</b> is an answer and not a failure: an empty {@link Optional}.
 *   <li><b>Interrupts</b> neither fail nor shorten a call; the flag stays set. A store may wait for
 *       its medium, always with a bound.
 *   <li><b>Arguments</b> are checked before anything is done: {@link IllegalArgumentException}.
 *       After {@link #close()} every call is an {@link IllegalStateException}.
 *   <li><b>Described</b>: {@code toString} tells an operator which store it is, if there is one, by
 *       the URI that opens it; never with credentials.
 * </ul>
 *
 * <p>Safe for use by many threads. Whoever opened a store closes it.
 */
public interface ObjectStore extends Closeable {

  /** The longest key, in UTF-8 bytes. */
  int KEY_BYTES_MAX = 1024;

  /** The longest page that {@link #list} returns, in objects. */
  int LIST_MAX = 1000;

  /**
   * Reads a whole object into memory.
   *
   * @param key the object's key
   * @return the object, or empty if there is none
   * @throws IOException if it cannot be read, or is too long for an array: use {@link #open}
   */
  Optional<StoredObject> get(String key) throws IOException;

  /**
   * Reads a part of an object into memory. A range that reaches over the end is cut there.
   *
   * @param key the object's key
   * @param offset the first byte, from 0
   * @param length how many bytes, at least 1
   * @return the bytes of the range with what is known of the whole object, or empty if there is no
   *     such object
   * @throws RangeOutsideObjectException if no byte of the object lies at {@code offset}; so a range
   *     of an empty object always fails
   * @throws IOException if it cannot be read
   */
  Optional<StoredObject> get(String key, long offset, int length) throws IOException;

  /**
   * Opens an object to be read as a stream, for objects that should not be held in memory. The
   * stream stays on the version it began with, whatever is put or deleted meanwhile; a store that
   * cannot go on with that version fails the read.
   *
   * @param key the object's key
   * @return the open object, which the caller closes, or empty if there is none
   * @throws IOException if it cannot be opened
   */
  Optional<OpenObject> open(String key) throws IOException;

  /**
   * Puts an object, replacing the one that is there if the options allow it.
   *
   * @param key the object's key
   * @param bytes the new content, not kept and not changed
   * @param options under which condition, and with what metadata
   * @return the new version tag
   * @throws PreconditionFailedException if the condition does not hold; this call wrote nothing
   * @throws IOException if the outcome is not known: the object may or may not have been written
   */
  String put(String key, byte[] bytes, PutOptions options) throws IOException;

  /**
   * Puts an object from a file without holding it in memory. The file must not change meanwhile.
   *
   * @param key the object's key
   * @param file the new content
   * @param options under which condition, and with what metadata
   * @return the new version tag
   * @throws PreconditionFailedException if the condition does not hold; this call wrote nothing
   * @throws IOException if the file cannot be read, or if the outcome is not known: the object may
   *     or may not have been written
   */
  String put(String key, Path file, PutOptions options) throws IOException;

  /**
   * Lists one page of objects, in the order of the UTF-8 bytes of their keys.
   *
   * <p>A page is not a snapshot: an object that is put or deleted meanwhile may or may not be in
   * it; every other object is.
   *
   * @param prefix what the keys begin with, up to any character of a key; empty for all
   * @param startAfter only keys strictly after this one, which need not exist; empty to begin
   * @param max how many at most, 1 to {@value #LIST_MAX}
   * @return the objects; fewer than {@code max} mean that none follow
   * @throws IOException if the store cannot be listed
   */
  List<ListedObject> list(String prefix, String startAfter, int max) throws IOException;

  /**
   * Deletes an object. Deleting one that is not there does nothing.
   *
   * @param key the object's key
   * @throws IOException if the outcome is not known: the object may or may not have been deleted
   */
  void delete(String key) throws IOException;

  /** Ends the use of this store; open streams stay readable. A second call does nothing. */
  @Override
  void close() throws IOException;

  /**
   * Checks a key against the rules above, which every store does before anything else.
   *
   * @param key the key to check
   * @return the same key
   * @throws IllegalArgumentException if the key breaks a rule; the message says which
   */
  static String checkKey(String key) {
    return Keys.checkKey(key);
  }

  /**
   * Checks that a prefix can be the beginning of a key, or is empty.
   *
   * @param prefix the prefix to check
   * @return the same prefix
   * @throws IllegalArgumentException if no key can begin so; the message says why
   */
  static String checkPrefix(String prefix) {
    return Keys.checkPrefix(prefix);
  }
}
