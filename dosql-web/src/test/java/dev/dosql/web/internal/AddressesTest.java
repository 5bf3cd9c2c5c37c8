package dev.dosql.web.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressesTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.0.1, 10.0.0.1",
    "2001:db8:1:2:3:4:5:6, 20010db800010002/64",
    "[2001:db8:1:2::9], 20010db800010002/64",
    "fe80::1%eth0, fe80000000000000/64",
    "::ffff:10.0.0.1, 10.0.0.1",
    "example.com:80, example.com:80",
    ":, :",
    ":::::, :::::",
    "unknown, unknown"
  })
  void client_ofIpv6_isItsNetwork(String ip, String client) {
    assertThat(Addresses.client(ip)).isEqualTo(client);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 | 203.0.113.7                        | 203.0.113.7",
        "1 | 10.0.0.9, 203.0.113.7              | 203.0.113.7",
        "2 | 10.0.0.9, 203.0.113.7, 192.0.2.1   | 203.0.113.7",
        "2 | 203.0.113.7                        | 203.0.113.7",
        "1 | 10.0.0.9,203.0.113.7:49152         | 203.0.113.7",
        "1 | 2001:db8::7                        | 2001:db8::7",
        "1 | [2001:db8::7]:49152                | 2001:db8::7",
        "1 | [2001:db8::7]                      | 2001:db8::7",
        "1 | 10.0.0.9, unknown                  | 127.0.0.1",
        "1 | example.com                        | 127.0.0.1",
        "1 | ' , '                              | 127.0.0.1",
        "1 | ''                                 | 127.0.0.1",
      })
  void forwarded_isWhatTheOutermostTrustedProxySaw(int proxies, String header, String address) {
    assertThat(Addresses.forwarded(List.of(header), proxies, "127.0.0.1")).isEqualTo(address);
  }

  /** Headers of one name are one list, in their order. */
  @Test
  void forwarded_inSeveralHeaders_isOfTheLast() {
    List<String> headers = List.of("10.0.0.8", "10.0.0.9, 203.0.113.7");
    assertThat(Addresses.forwarded(headers, 1, "127.0.0.1")).isEqualTo("203.0.113.7");
    assertThat(Addresses.forwarded(headers, 3, "127.0.0.1")).isEqualTo("10.0.0.8");
    assertThat(Addresses.forwarded(List.of(), 1, "127.0.0.1")).isEqualTo("127.0.0.1");
  }
}
