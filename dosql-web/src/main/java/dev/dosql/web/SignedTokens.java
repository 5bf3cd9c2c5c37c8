package dev.dosql.web;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.security.Key;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Signed tokens (JWT) of services: each says its tenant, who it is and what it may do, for a few
 * minutes. The tenant of a request is known from them before any tenant is opened.
 *
 * <p>They are signed with HS256 and no other algorithm is accepted, whatever a token says of
 * itself. A token must have an id of a key that is known, the type {@code JWT}, and the right
 * issuer and audience; it must have begun and not have ended, with 30 seconds for clocks that
 * differ. They cannot be called back: keep their lifetime short.
 *
 * <p>Safe for use by many threads.
 */
public final class SignedTokens {
  private static final JWSAlgorithm ALGORITHM = JWSAlgorithm.HS256;
  private static final String TENANT = "tenant";
  private static final String ROLES = "roles";
  private static final int CHARS_MAX = 8 * 1024;
  private static final int SKEW_SECONDS = 30;

  private final Builder options;
  private final DefaultJWTProcessor<SecurityContext> processor;

  private SignedTokens(Builder options) {
    this.options = options;
    this.processor = processor(options);
  }

  private static DefaultJWTProcessor<SecurityContext> processor(Builder options) {
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT));
    processor.setJWSKeySelector((header, context) -> keys(options, header));
    processor.setJWTClaimsSetVerifier(new ClaimsVerifier(options));
    return processor;
  }

  private static List<? extends Key> keys(Builder options, JWSHeader header) {
    if (!ALGORITHM.equals(header.getAlgorithm()) || header.getKeyID() == null) {
      return List.of();
    }
    byte[] key = options.keys.get(header.getKeyID());
    return key == null ? List.of() : List.of(new SecretKeySpec(key, "HmacSHA256"));
  }

  /**
   * The settings, to be made.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Makes a token, signed with the key that was given last.
   *
   * @param tenant the tenant it is for
   * @param subject the service
   * @param roles what it may do
   * @return the token
   */
  public String issue(String tenant, String subject, Set<String> roles) {
    Instant now = options.clock.instant();
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .issuer(options.issuer)
            .audience(options.audience)
            .subject(Objects.requireNonNull(subject, "subject"))
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plus(options.lifetime)))
            .claim(TENANT, Objects.requireNonNull(tenant, TENANT))
            .claim(ROLES, List.copyOf(roles))
            .build();
    return sign(claims);
  }

  private String sign(JWTClaimsSet claims) {
    String id = Objects.requireNonNull(options.newestKey);
    JWSHeader header = new JWSHeader.Builder(ALGORITHM).type(JOSEObjectType.JWT).keyID(id).build();
    try {
      SignedJWT token = new SignedJWT(header, claims);
      token.sign(new MACSigner(Objects.requireNonNull(options.keys.get(id))));
      return token.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException("token could not be signed (key=" + id + ")", e);
    }
  }

  /**
   * Whose token it is.
   *
   * @param token what was sent
   * @return the identity, or empty if the token is not ours, has ended or not begun, or says
   *     nothing of a tenant
   */
  public Optional<Identity> verify(String token) {
    if (token.length() > CHARS_MAX) {
      return Optional.empty();
    }
    try {
      // Parsed as a signed token, so that one without a signature is none.
      JWTClaimsSet claims = processor.process(SignedJWT.parse(token), null);
      return Optional.of(identity(claims));
    } catch (ParseException | BadJOSEException | JOSEException e) {
      return Optional.empty();
    }
  }

  private static Identity identity(JWTClaimsSet claims) throws ParseException {
    List<String> roles = claims.getStringListClaim(ROLES);
    return new Identity(
        Identity.Kind.SERVICE,
        claims.getStringClaim(TENANT),
        claims.getSubject(),
        roles == null ? Set.of() : Set.copyOf(roles));
  }

  /** The claims that must be there, at the time of our clock. */
  private static final class ClaimsVerifier extends DefaultJWTClaimsVerifier<SecurityContext> {
    private final Clock clock;

    ClaimsVerifier(Builder options) {
      super(
          options.audience,
          new JWTClaimsSet.Builder().issuer(options.issuer).build(),
          Set.of("sub", "iat", "exp", TENANT));
      this.clock = options.clock;
      setMaxClockSkew(SKEW_SECONDS);
    }

    @Override
    protected Date currentTime() {
      return Date.from(clock.instant());
    }
  }

  /**
   * Collects settings; {@link #build} checks them.
   *
   * <p>Used by one thread at a time.
   */
  public static final class Builder {
    private static final int KEY_BYTES_MIN = 32;
    private static final Duration LIFETIME_MAX = Duration.ofDays(1);

    private @Nullable String issuer;
    private @Nullable String audience;
    private Map<String, byte[]> keys = new LinkedHashMap<>();
    private @Nullable String newestKey;
    private Duration lifetime = Duration.ofMinutes(5);
    private Clock clock = Clock.systemUTC();

    private Builder() {}

    private Builder copy() {
      Builder copy = new Builder();
      copy.issuer = issuer;
      copy.audience = audience;
      copy.keys = Map.copyOf(keys);
      copy.newestKey = newestKey;
      copy.lifetime = lifetime;
      copy.clock = clock;
      return copy;
    }

    /**
     * Who makes the tokens.
     *
     * @param value the issuer
     * @return this
     */
    public Builder issuer(String value) {
      issuer = Objects.requireNonNull(value, "issuer");
      return this;
    }

    /**
     * Whom the tokens are for.
     *
     * @param value the audience
     * @return this
     */
    public Builder audience(String value) {
      audience = Objects.requireNonNull(value, "audience");
      return this;
    }

    /**
     * Adds a key. Tokens of all keys are accepted, and new ones are signed with the one that was
     * added last, so that keys can be changed without a gap.
     *
     * @param id the key's name, which is in the tokens
     * @param secret 32 random bytes or more
     * @return this
     */
    public Builder key(String id, byte[] secret) {
      keys.put(Objects.requireNonNull(id, "id"), secret.clone());
      newestKey = id;
      return this;
    }

    /**
     * How long a token is good for. Default 5 minutes: it cannot be called back.
     *
     * @param value more than zero, at most a day
     * @return this
     */
    public Builder lifetime(Duration value) {
      lifetime = Objects.requireNonNull(value, "lifetime");
      return this;
    }

    /**
     * What tells the time. Default the system's clock.
     *
     * @param value the clock
     * @return this
     */
    public Builder clock(Clock value) {
      clock = Objects.requireNonNull(value, "clock");
      return this;
    }

    /**
     * Checks the settings and makes them final.
     *
     * @return the tokens
     * @throws IllegalArgumentException if one is missing or out of range; names it
     */
    public SignedTokens build() {
      if (issuer == null || audience == null || newestKey == null) {
        throw new IllegalArgumentException("issuer, audience and a key are needed");
      }
      keys.forEach(Builder::checkKey);
      if (lifetime.isNegative() || lifetime.isZero() || lifetime.compareTo(LIFETIME_MAX) > 0) {
        throw new IllegalArgumentException(
            "lifetime must be more than zero and at most " + LIFETIME_MAX + ": " + lifetime);
      }
      return new SignedTokens(copy());
    }

    private static void checkKey(String id, byte[] secret) {
      if (secret.length < KEY_BYTES_MIN) {
        throw new IllegalArgumentException(
            "key must have "
                + KEY_BYTES_MIN
                + " bytes, has "
                + secret.length
                + " (key="
                + id
                + ")");
      }
    }
  }
}
