package dev.dosql.web;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A body of ten megabytes, sent through a socket: a client would lose the answer to it. */
public final class BigBody {
  /** How long it is. */
  public static final int TEN_MEGABYTES = 10 * 1024 * 1024;

  private BigBody() {}

  /** Sends until the server will not take more, and returns so much of its answer. */
  public static String send(int port, String head, boolean chunked, int answerBytes)
      throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(30_000);
      OutputStream out = socket.getOutputStream();
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      byte[] some = "x".repeat(8_192).getBytes(StandardCharsets.US_ASCII);
      for (int sent = 0; sent < TEN_MEGABYTES && socket.getInputStream().available() == 0; ) {
        try {
          if (chunked) {
            out.write("2000\r\n".getBytes(StandardCharsets.US_ASCII));
          }
          out.write(some);
          if (chunked) {
            out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
          }
        } catch (IOException e) {
          break; // it has closed its side
        }
        sent += some.length;
      }
      return new String(socket.getInputStream().readNBytes(answerBytes), StandardCharsets.UTF_8);
    }
  }
}
