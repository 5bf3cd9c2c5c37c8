package dev.dosql.web.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Addresses of clients, as far as they tell clients apart. */
public final class Addresses {
  /** Only what is an address by its letters: a name would be looked up. */
  private static final Pattern V6 = Pattern.compile("(?=.*:)[0-9a-fA-F:.]{2,45}");

  private static final Pattern V4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  private static final Pattern V4_PORT = Pattern.compile("([0-9.]{7,15}):[0-9]{1,5}");
  private static final Pattern BRACKETS = Pattern.compile("\\[([^\\]]*)](:[0-9]{1,5})?");

  private static final int V6_BYTES = 16;
  private static final int NETWORK_BYTES = 8;

  private Addresses() {}

  /**
   * The address, but of IPv6 the first 64 bits: whoever has one of those has all of the others. One
   * of IPv4 in IPv6's clothes is that of IPv4.
   */
  public static String client(String ip) {
    String bare = ip.replaceAll("[\\[\\]]|%.*", "");
    if (!V6.matcher(bare).matches()) {
      return ip;
    }
    try {
      InetAddress address = InetAddress.getByName(bare);
      byte[] bytes = address.getAddress();
      return bytes.length == V6_BYTES
          ? Hashes.hex(Arrays.copyOf(bytes, NETWORK_BYTES)) + "/64"
          : address.getHostAddress();
    } catch (UnknownHostException e) {
      return ip;
    }
  }

  /**
   * The address that the outermost of some proxies saw: each writes whom it serves behind what it
   * was sent in {@code X-Forwarded-For}, so it is as many from the end as there are proxies, and
   * what stands before it is only said by the client. Of a connection that comes from further
   * inside there are fewer, and it is the first; where there is none, or no address, it is the
   * connection's. A port behind it is not part of it: each connection has another one.
   */
  public static String forwarded(List<String> headers, int proxies, String connection) {
    List<String> seen =
        Arrays.stream(String.join(",", headers).split(","))
            .map(String::strip)
            .filter(each -> !each.isEmpty())
            .toList();
    if (seen.isEmpty()) {
      return connection;
    }
    String address = bare(seen.get(Math.max(0, seen.size() - proxies)));
    boolean known = V4.matcher(address).matches() || V6.matcher(address).matches();
    return known ? address : connection;
  }

  private static String bare(String address) {
    for (Pattern each : List.of(BRACKETS, V4_PORT)) {
      Matcher matcher = each.matcher(address);
      if (matcher.matches()) {
        return matcher.group(1);
      }
    }
    return address;
  }
}
