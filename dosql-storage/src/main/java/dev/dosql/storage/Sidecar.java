package dev.dosql.storage;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/** The file beside an object that describes it; its layout is in {@link DirectoryObjectStore}. */
final class Sidecar {

  static final int ETAG_BYTES = 16;

  private static final long MAGIC = 0x646f73716c6f6d31L; // "dosqlom1"

  private Sidecar() {}

  /** One version of an object: which file it describes, and what is known of it. */
  record Version(long size, long modifiedMicros, String etag, Map<String, String> metadata) {

    boolean isOf(long fileSize, long fileModifiedMicros) {
      return size == fileSize && modifiedMicros == fileModifiedMicros;
    }
  }

  static byte[] encode(List<Version> versions) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(MAGIC);
    out.writeByte(versions.size());
    for (Version version : versions) {
      write(version, out);
    }
    out.writeInt(crc(bytes.toByteArray(), bytes.size()));
    return bytes.toByteArray();
  }

  private static void write(Version version, DataOutputStream out) throws IOException {
    out.writeLong(version.size());
    out.writeLong(version.modifiedMicros());
    out.write(HexFormat.of().parseHex(version.etag()));
    out.writeShort(version.metadata().size());
    for (Map.Entry<String, String> pair : new TreeMap<>(version.metadata()).entrySet()) {
      out.writeUTF(pair.getKey());
      out.writeUTF(pair.getValue());
    }
  }

  /** Reads a sidecar; {@code FileNotFoundException} if there is none. */
  static List<Version> read(Path file) throws IOException {
    byte[] bytes;
    // Not Files.readAllBytes: only plain streams are promised to ignore interrupts.
    try (FileInputStream in = new FileInputStream(file.toFile())) {
      bytes = in.readAllBytes();
    }
    return decode(bytes, file);
  }

  private static List<Version> decode(byte[] bytes, Path file) throws IOException {
    int end = bytes.length - Integer.BYTES;
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    if (end < Long.BYTES || in.readLong() != MAGIC || crc(bytes, end) != crcAt(bytes, end)) {
      throw new IOException(
          "sidecar is damaged: %d bytes without the right start and checksum, needed both; deleting"
                  .formatted(bytes.length)
              + " it loses the object's metadata only (file="
              + file
              + ")");
    }
    List<Version> versions = new ArrayList<>();
    for (int left = in.readUnsignedByte(); left > 0; left--) {
      versions.add(readVersion(in));
    }
    return versions;
  }

  private static Version readVersion(DataInputStream in) throws IOException {
    long size = in.readLong();
    long modified = in.readLong();
    String etag = HexFormat.of().formatHex(in.readNBytes(ETAG_BYTES));
    Map<String, String> metadata = new TreeMap<>();
    for (int left = in.readUnsignedShort(); left > 0; left--) {
      metadata.put(in.readUTF(), in.readUTF());
    }
    return new Version(size, modified, etag, Map.copyOf(metadata));
  }

  private static int crc(byte[] bytes, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private static int crcAt(byte[] bytes, int offset) throws IOException {
    int length = Integer.BYTES;
    return new DataInputStream(new ByteArrayInputStream(bytes, offset, length)).readInt();
  }
}
