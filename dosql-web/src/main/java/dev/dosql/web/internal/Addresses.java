package dev.dosql.web.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Addresses of clients, as far as they tell clients apart. */
public final class Addresses {
  /** Only what is an address by its letters: a name would be looked up. */
  private static final Pattern V6 = Pattern.compile("(?=.*:)[0-9a-fA-F:.]{2,45}");

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
}
