package dev.dosql.examples.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** Bytes on a connection, for requests that no client of good manners sends. */
final class RawHttp implements AutoCloseable {
  private final Socket socket;

  RawHttp(int port) throws IOException {
    socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout(60_000);
  }

  /** The whole answer to a request that ends its connection. */
  static String send(int port, String request) throws IOException {
    try (RawHttp raw = new RawHttp(port)) {
      raw.write(request);
      return raw.readAll();
    }
  }

  /**
   * The answer to a body of so many bytes. No more of it is sent once there is an answer, which a
   * client that goes on may never see: the server ends the connection.
   */
  static String sendBig(int port, String head, long bytes, boolean chunked) throws IOException {
    String some = "x".repeat(8_192);
    String part = chunked ? "2000\r\n" + some + "\r\n" : some;
    try (RawHttp raw = new RawHttp(port)) {
      raw.write(head);
      for (long sent = 0; sent < bytes && raw.hasNoAnswer(); sent += some.length()) {
        try {
          raw.write(part);
        } catch (IOException e) {
          break; // It has ended the connection; what it said before is still to be read.
        }
      }
      return raw.readObject();
    }
  }

  private boolean hasNoAnswer() throws IOException {
    return socket.getInputStream().available() == 0;
  }

  /** Up to the end of the JSON of an error, behind which there may be an abrupt end. */
  private String readObject() throws IOException {
    StringBuilder answer = new StringBuilder();
    for (int next = 0; next >= 0 && next != '}'; ) {
      next = socket.getInputStream().read();
      answer.append((char) next);
    }
    return answer.toString();
  }

  void write(String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(ISO_8859_1));
    out.flush();
  }

  /** What comes until the other side ends the connection; empty if it does so without a word. */
  String readAll() throws IOException {
    InputStream in = socket.getInputStream();
    return new String(in.readAllBytes(), ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
