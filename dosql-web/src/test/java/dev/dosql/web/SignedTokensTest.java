package dev.dosql.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Date;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignedTokensTest {
  private static final byte[] KEY =
      "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8);
  private static final byte[] LONG_KEY =
      (new String(KEY, StandardCharsets.UTF_8).repeat(2)).getBytes(StandardCharsets.UTF_8);

  private final Ticks clock = new Ticks();
  private final SignedTokens tokens = tokens("us", "todos").key("k1", KEY).build();

  private SignedTokens.Builder tokens(String issuer, String audience) {
    return SignedTokens.builder().issuer(issuer).audience(audience).clock(clock);
  }

  private JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer("us")
        .audience("todos")
        .subject("billing")
        .issueTime(Date.from(clock.instant()))
        .expirationTime(Date.from(clock.instant().plusSeconds(60)))
        .claim("tenant", "acme");
  }

  private static JWSHeader.Builder header(JWSAlgorithm algorithm) {
    return new JWSHeader.Builder(algorithm).keyID("k1").type(JOSEObjectType.JWT);
  }

  private static String sign(JWSHeader header, JWTClaimsSet claims, byte[] key) throws Exception {
    SignedJWT token = new SignedJWT(header, claims);
    token.sign(new MACSigner(key));
    return token.serialize();
  }

  @Test
  void token_thatWasIssued_isThatIdentity() {
    assertThat(tokens.verify(tokens.issue("acme", "billing", Set.of("reader", "writer"))))
        .contains(
            new Identity(Identity.Kind.SERVICE, "acme", "billing", Set.of("reader", "writer")));
  }

  @Test
  void token_thatHasEnded_isRefused() {
    String token = tokens.issue("acme", "billing", Set.of());
    clock.pass(Duration.ofMinutes(5).plusSeconds(29));
    assertThat(tokens.verify(token)).isPresent();
    clock.pass(Duration.ofSeconds(2));
    assertThat(tokens.verify(token)).isEmpty();
  }

  @Test
  void token_signedByHand_isAccepted_soTheTestsBelowFailForTheirOwnReasons() throws Exception {
    assertThat(tokens.verify(sign(header(JWSAlgorithm.HS256).build(), claims().build(), KEY)))
        .isPresent();
  }

  @Test
  void algorithm_isPinned() throws Exception {
    SignedTokens wide = tokens("us", "todos").key("k1", LONG_KEY).build();
    String hs256 = sign(header(JWSAlgorithm.HS256).build(), claims().build(), LONG_KEY);
    String hs512 = sign(header(JWSAlgorithm.HS512).build(), claims().build(), LONG_KEY);

    assertThat(wide.verify(hs256)).isPresent();
    assertThat(wide.verify(hs512)).isEmpty();
    assertThat(wide.verify(new PlainJWT(claims().build()).serialize())).isEmpty();
  }

  @Test
  void signature_strippedOrOfOtherClaims_isRefused() {
    String[] acme = tokens.issue("acme", "billing", Set.of()).split("\\.");
    String[] globex = tokens.issue("globex", "billing", Set.of()).split("\\.");
    String none = base64("{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"k1\"}");

    assertThat(tokens.verify(acme[0] + "." + globex[1] + "." + acme[2])).isEmpty();
    assertThat(tokens.verify(acme[0] + "." + acme[1] + ".")).isEmpty();
    assertThat(tokens.verify(none + "." + acme[1] + ".")).isEmpty();
    assertThat(tokens.verify(none + "." + acme[1] + "." + acme[2])).isEmpty();
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void keyIssuerAudienceOrType_ofOthers_isRefused() throws Exception {
    byte[] other = "another key of thirty-two bytes!".getBytes(StandardCharsets.UTF_8);
    assertThat(
            tokens.verify(
                tokens("us", "todos").key("k1", other).build().issue("acme", "x", Set.of())))
        .isEmpty();
    assertThat(
            tokens.verify(
                tokens("us", "todos").key("k2", KEY).build().issue("acme", "x", Set.of())))
        .isEmpty();
    assertThat(
            tokens.verify(
                tokens("them", "todos").key("k1", KEY).build().issue("acme", "x", Set.of())))
        .isEmpty();
    assertThat(
            tokens.verify(tokens("us", "mail").key("k1", KEY).build().issue("acme", "x", Set.of())))
        .isEmpty();
    JWSHeader untyped =
        new JWSHeader.Builder(JWSAlgorithm.HS256)
            .keyID("k1")
            .type(new JOSEObjectType("dpop+jwt"))
            .build();
    assertThat(tokens.verify(sign(untyped, claims().build(), KEY))).isEmpty();
  }

  @Test
  void claims_thatAreMissingOrOfAWrongType_areRefused() throws Exception {
    JWSHeader header = header(JWSAlgorithm.HS256).build();
    assertThat(tokens.verify(sign(header, claims().expirationTime(null).build(), KEY))).isEmpty();
    assertThat(tokens.verify(sign(header, claims().claim("tenant", null).build(), KEY))).isEmpty();
    assertThat(tokens.verify(sign(header, claims().claim("tenant", 7).build(), KEY))).isEmpty();
    assertThat(tokens.verify(sign(header, claims().subject(null).build(), KEY))).isEmpty();
    assertThat(tokens.verify(sign(header, claims().claim("roles", "admin").build(), KEY)))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "..", "...", "a.b.c", "null", "eyJhbGciOiJub25lIn0.e30.", "%00.%00.%00"})
  void text_thatIsNoToken_isRefused(String text) {
    assertThat(tokens.verify(text)).isEmpty();
    assertThat(tokens.verify(text.repeat(10_000))).isEmpty();
  }

  @Test
  void keys_areChangedWithoutAGap() {
    byte[] next = "another key of thirty-two bytes!".getBytes(StandardCharsets.UTF_8);
    SignedTokens both = tokens("us", "todos").key("k1", KEY).key("k2", next).build();
    SignedTokens after = tokens("us", "todos").key("k2", next).build();

    assertThat(both.verify(tokens.issue("acme", "x", Set.of()))).isPresent();
    assertThat(after.verify(both.issue("acme", "x", Set.of()))).isPresent();
  }

  @Test
  void settings_outOfRange_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tokens("us", "todos").key("k1", new byte[31]).build())
        .withMessageContaining("31");
    assertThatIllegalArgumentException().isThrownBy(() -> tokens("us", "todos").build());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tokens("us", "todos").key("k", KEY).lifetime(Duration.ofDays(2)).build());
  }
}
