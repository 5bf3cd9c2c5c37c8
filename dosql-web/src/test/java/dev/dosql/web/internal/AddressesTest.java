package dev.dosql.web.internal;

import static org.assertj.core.api.Assertions.assertThat;

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
}
