package dev.dosql.web.remote;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Passes bytes on in both directions, but loses the answers that it is told to lose, or answers
 * itself.
 */
final class LossyProxy implements AutoCloseable {
  private final ServerSocket listening;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicReference<@Nullable String> path = new AtomicReference<>();
  private final AtomicInteger toLose = new AtomicInteger();
  private final AtomicInteger lost = new AtomicInteger();
  private volatile byte @Nullable [] instead;
  private volatile boolean passingOn = true;
  private volatile int target;

  LossyProxy(int target) throws IOException {
    this.target = target;
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  URI base() {
    return Endpoint.base(listening.getLocalPort());
  }

  /** Loses the next answers to requests whose line has this text: they reach the server. */
  void lose(String text, int answers) {
    set(text, answers, null, true);
  }

  /** Lets the next request whose line has this text reach the server, and answers it itself. */
  void answerInstead(String text, String answer) {
    set(text, 1, answer, true);
  }

  /** Answers the next request whose line has this text itself, and does not pass it on. */
  void refuse(String text, String answer) {
    set(text, 1, answer, false);
  }

  private void set(String text, int answers, @Nullable String answer, boolean passes) {
    instead = answer == null ? null : answer.getBytes(StandardCharsets.ISO_8859_1);
    passingOn = passes;
    path.set(text);
    toLose.set(answers);
  }

  /** An answer after which the connection is closed. */
  static String answer(int status, String type, String body) {
    return "HTTP/1.1 "
        + status
        + " Status\r\nConnection: close\r\nContent-Type: "
        + type
        + "\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  /** How many were lost. */
  int lost() {
    return lost.get();
  }

  /** Another server from now on, and for nobody the old one. */
  void redirect(int port) {
    target = port;
    if (toLose.get() <= 0) {
      closeAll();
    }
  }

  private void closeAll() {
    for (Socket each : sockets) {
      try {
        each.close();
      } catch (IOException e) {
        // It is closed all the same.
      }
    }
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "lossy-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.add(client);
        sockets.add(server);
        AtomicReference<Boolean> losing = new AtomicReference<>(false);
        start(() -> requests(client, server, losing));
        start(() -> answers(client, server, losing));
      } catch (IOException e) {
        // Closed, or the server is away: the client sees it.
      }
    }
  }

  private void requests(Socket client, Socket server, AtomicReference<Boolean> losing) {
    try (client;
        server) {
      InputStream in = client.getInputStream();
      OutputStream out = server.getOutputStream();
      byte[] some = new byte[65_536];
      boolean refused = false;
      for (int n = in.read(some); n >= 0; n = in.read(some)) {
        String text = path.get();
        String seen = new String(some, 0, n, StandardCharsets.ISO_8859_1);
        if (text != null && seen.contains(text) && toLose.getAndDecrement() > 0) {
          losing.set(true);
          refused = !passingOn;
          if (refused) {
            answerItself(client);
          }
        }
        if (!refused) { // what is left of it is read: who closes before that takes back the answer
          out.write(some, 0, n);
        }
      }
    } catch (IOException e) {
      // One side went away, and so does the other.
    }
  }

  private void answers(Socket client, Socket server, AtomicReference<Boolean> losing) {
    try (client;
        server) {
      InputStream in = server.getInputStream();
      OutputStream out = client.getOutputStream();
      byte[] some = new byte[65_536];
      for (int n = in.read(some); n >= 0; n = in.read(some)) {
        if (losing.get()) {
          lost.incrementAndGet();
          answerItself(client);
          return;
        }
        out.write(some, 0, n);
      }
    } catch (IOException e) {
      // One side went away, and so does the other.
    }
  }

  private void answerItself(Socket client) throws IOException {
    byte[] answer = instead;
    if (answer != null) {
      client.getOutputStream().write(answer);
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    closeAll();
  }
}
