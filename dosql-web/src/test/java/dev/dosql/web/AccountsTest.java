package dev.dosql.web;

import static dev.dosql.web.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.dosql.ConstraintViolationException;
import dev.dosql.DB;
import dev.dosql.Row;
import dev.dosql.UniqueViolationException;
import dev.dosql.junit.DoSqlTest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DoSqlTest
class AccountsTest {
  private static final String ADA = "ada@acme.example";
  private static final String PASSWORD = "correct horse";

  private final Ticks clock = new Ticks();
  private final Accounts accounts = Accounts.builder().clock(clock).sessionsMax(3).build();
  private DB db;

  @BeforeEach
  void install(DB db) {
    this.db = db;
    Accounts.install(db);
    Accounts.install(db); // does nothing
  }

  private Account signUp() {
    return accounts.signUp(db, " Ada@Acme.example ", PASSWORD, Set.of("member", "admin"));
  }

  private Session login() {
    return accounts.login(db, ADA, PASSWORD);
  }

  private String everything() {
    StringBuilder all = new StringBuilder();
    for (String table : List.of("auth_accounts", "auth_sessions")) {
      for (Row row : db.query("SELECT * FROM " + table)) {
        row.toMap()
            .forEach(
                (k, v) -> all.append(v instanceof byte[] b ? Arrays.toString(b) : v).append('\n'));
      }
    }
    return all.toString();
  }

  @Test
  void login_afterSignUp_isASessionOfThatUser() {
    Account account = signUp();
    Session session = login();

    assertThat(account.login()).isEqualTo(ADA);
    assertThat(session.account()).isEqualTo(account);
    assertThat(session.expiresAt()).isEqualTo(clock.instant().plus(Duration.ofHours(12)));
    Identity identity = accounts.authenticate(db, session.token()).orElseThrow();
    assertThat(identity)
        .isEqualTo(
            new Identity(
                Identity.Kind.USER, db.name(), "" + account.id(), Set.of("member", "admin")));
    assertThat(identity.accountId()).isEqualTo(account.id());
    assertThat(accounts.find(db, "ADA@acme.example")).contains(account);
  }

  /** Defect 35: neither tokens nor passwords are kept in clear. */
  @Test
  void file_holdsNeitherTokenNorPassword() {
    signUp();
    Session session = login();

    assertThat(everything())
        .doesNotContain(session.token())
        .doesNotContain(session.token().substring(4))
        .doesNotContain(PASSWORD)
        .contains("$argon2id$v=19$m=19456,t=2,p=1$");
    assertThat(session.toString()).doesNotContain(session.token());
  }

  @Test
  void samePassword_hasAnotherHashEachTime() {
    assertThat(accounts.hash(PASSWORD)).isNotEqualTo(accounts.hash(PASSWORD));
  }

  @Test
  void signUp_ofALoginThatIsTaken_isAUniqueViolation() {
    signUp();
    assertThatExceptionOfType(UniqueViolationException.class).isThrownBy(this::signUp);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "a\u0000b", "a\nb", "\ud800"})
  void login_thatCannotBeOne_isRefused(String login) {
    assertRefused(422, () -> accounts.signUp(db, login, PASSWORD, Set.of()));
    assertRefused(401, () -> accounts.login(db, login, PASSWORD));
  }

  @Test
  void sizes_areBounded() {
    assertRefused(422, () -> accounts.signUp(db, "x".repeat(255), PASSWORD, Set.of()));
    assertRefused(422, () -> accounts.signUp(db, "x", "seven77", Set.of()));
    assertRefused(422, () -> accounts.signUp(db, "x", "x".repeat(1_025), Set.of()));
    assertRefused(422, () -> accounts.signUp(db, "x", "ä".repeat(513), Set.of()));
    assertRefused(401, () -> accounts.login(db, "x".repeat(1_000_000), PASSWORD));
    assertRefused(401, () -> accounts.login(db, "x", "x".repeat(1_000_000)));
    assertThat(db.query("SELECT 1 FROM auth_accounts")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a,b", "ä"})
  void role_thatIsNoWord_isRefused(String role) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> accounts.signUp(db, "x", PASSWORD, Set.of(role)));
  }

  @Test
  void wrongPasswordAndUnknownLogin_areAnsweredAlike() {
    signUp();
    assertRefused(401, () -> accounts.login(db, ADA, "wrong horse"));
    assertRefused(401, () -> accounts.login(db, ADA, ""));
    assertRefused(401, () -> accounts.login(db, "nobody", PASSWORD));
    assertThat(messageOf(ADA)).isEqualTo(messageOf("nobody"));
  }

  private String messageOf(String login) {
    try {
      accounts.login(db, login, "wrong horse");
    } catch (WebException e) {
      return e.problem().toJson();
    }
    throw new AssertionError("logged in");
  }

  /** Coarse on purpose: without the hash of nobody, the ratio is a thousand. */
  @Test
  void unknownLogin_takesAsLongAsAWrongPassword() {
    signUp();
    messageOf(ADA);
    long known = medianNanos(ADA);
    long unknown = medianNanos("nobody");
    assertThat((double) unknown / known).isBetween(0.2, 5.0);
  }

  private long medianNanos(String login) {
    long[] nanos = new long[5];
    for (int i = 0; i < nanos.length; i++) {
      long from = System.nanoTime();
      messageOf(login);
      nanos[i] = System.nanoTime() - from;
    }
    Arrays.sort(nanos);
    return nanos[nanos.length / 2];
  }

  @Test
  void session_endsAtItsTime() {
    signUp();
    String token = login().token();
    clock.pass(Duration.ofHours(12).minusMillis(1));
    assertThat(accounts.authenticate(db, token)).isPresent();
    clock.pass(Duration.ofMillis(1));
    assertThat(accounts.authenticate(db, token)).isEmpty();
    assertRefused(401, () -> accounts.rotate(db, token));
  }

  /** Defect 36: what is no time does not last for ever. */
  @Test
  void expiry_thatIsNoTime_cannotBeStored() {
    signUp();
    login();
    for (Object bad : new Object[] {"never", "", new byte[] {1}, 1.5, 0, -1}) {
      assertThatExceptionOfType(ConstraintViolationException.class)
          .isThrownBy(() -> db.run("UPDATE auth_sessions SET expires_at = ?", bad));
    }
    assertThatExceptionOfType(ConstraintViolationException.class)
        .isThrownBy(() -> db.run("UPDATE auth_sessions SET expires_at = NULL"));
  }

  @Test
  void expiry_thatIsNoTime_isNotAccepted_evenIfATableHoldsIt() {
    signUp();
    String token = login().token();
    db.exec(
        """
        CREATE TABLE loose AS SELECT * FROM auth_sessions;
        DROP TABLE auth_sessions;
        ALTER TABLE loose RENAME TO auth_sessions;
        """);
    assertThat(accounts.authenticate(db, token)).isPresent();
    for (Object bad : new Object[] {"never", "9999-12-31", new byte[] {1}, 1e300, Long.MAX_VALUE}) {
      db.run("UPDATE auth_sessions SET expires_at = ?", bad);
      assertThat(accounts.authenticate(db, token)).as("%s", bad).isEmpty();
      assertRefused(401, () -> accounts.rotate(db, token));
    }
    assertThat(accounts.sweep(db)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "dos_",
        "null",
        "' OR 1=1 --",
        "dos_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "DOS_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "dos_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
      })
  void token_thatIsNoSession_isNobody(String token) {
    signUp();
    login();
    assertThat(accounts.authenticate(db, token)).isEmpty();
    assertThat(accounts.logout(db, token)).isFalse();
    assertRefused(401, () -> accounts.rotate(db, token));
  }

  @Test
  void rotation_endsTheOldSession_andOneOfManyAtOnceWins() {
    signUp();
    String old = login().token();
    AtomicInteger won = new AtomicInteger();
    AtomicInteger lost = new AtomicInteger();
    CompletableFuture<?>[] all =
        IntStream.range(0, 8)
            .mapToObj(i -> CompletableFuture.runAsync(() -> rotate(old, won, lost)))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(all).join();

    assertThat(won).hasValue(1);
    assertThat(lost).hasValue(7);
    assertThat(accounts.authenticate(db, old)).isEmpty();
    assertThat(db.query("SELECT 1 FROM auth_sessions")).hasSize(1);
  }

  private void rotate(String old, AtomicInteger won, AtomicInteger lost) {
    try {
      assertThat(accounts.authenticate(db, accounts.rotate(db, old).token())).isPresent();
      won.incrementAndGet();
    } catch (WebException e) {
      lost.incrementAndGet();
    }
  }

  @Test
  void logout_endsOne_revokeAllEndsAll_ofThatUserOnly() {
    Account ada = signUp();
    accounts.signUp(db, "bob", PASSWORD, Set.of());
    String bob = accounts.login(db, "bob", PASSWORD).token();
    String first = login().token();
    String second = login().token();

    assertThat(accounts.logout(db, first)).isTrue();
    assertThat(accounts.logout(db, first)).isFalse();
    assertThat(accounts.authenticate(db, first)).isEmpty();
    assertThat(accounts.authenticate(db, second)).isPresent();
    assertThat(accounts.revokeAll(db, ada.id())).isEqualTo(1);
    assertThat(accounts.authenticate(db, second)).isEmpty();
    assertThat(accounts.authenticate(db, bob)).isPresent();
  }

  @Test
  void sessions_ofAnAccount_areBounded_theOldestEnd() {
    signUp();
    String oldest = login().token();
    clock.pass(Duration.ofSeconds(1));
    List<String> newer = IntStream.range(0, 3).mapToObj(i -> login().token()).toList();

    assertThat(accounts.authenticate(db, oldest)).isEmpty();
    assertThat(newer).allMatch(token -> accounts.authenticate(db, token).isPresent());
  }

  /** Within what clocks may go back by, and beyond it. */
  @ParameterizedTest
  @ValueSource(ints = {4, 600})
  void session_begunAfterAClockThatWasAhead_lasts(int minutesAhead) {
    signUp();
    clock.pass(Duration.ofMinutes(minutesAhead));
    IntStream.range(0, 3).forEach(i -> login());
    clock.pass(Duration.ofMinutes(-minutesAhead));

    assertThat(accounts.authenticate(db, login().token())).isPresent();
  }

  @Test
  void sessions_ofAClockThatWasFarAhead_takeNobodysPlace() {
    signUp();
    clock.pass(Duration.ofDays(1));
    IntStream.range(0, 3).forEach(i -> login());
    clock.pass(Duration.ofDays(-1));
    List<String> tokens = IntStream.range(0, 3).mapToObj(i -> login().token()).toList();

    assertThat(tokens).allMatch(token -> accounts.authenticate(db, token).isPresent());
  }

  @Test
  void sweep_deletesWhatHasEnded() {
    signUp();
    login();
    clock.pass(Duration.ofHours(6));
    String later = login().token();
    clock.pass(Duration.ofHours(6));

    assertThat(accounts.sweep(db)).isEqualTo(1);
    assertThat(accounts.authenticate(db, later)).isPresent();
  }

  @Test
  void changedPassword_endsAllSessions() {
    Account ada = signUp();
    String token = login().token();
    assertRefused(401, () -> accounts.changePassword(db, ada.id(), "wrong", "another horse"));
    assertRefused(422, () -> accounts.changePassword(db, ada.id(), PASSWORD, "short"));
    assertThat(accounts.authenticate(db, token)).isPresent();

    accounts.changePassword(db, ada.id(), PASSWORD, "another horse");

    assertThat(accounts.authenticate(db, token)).isEmpty();
    assertRefused(401, this::login);
    assertThat(accounts.login(db, ADA, "another horse").account()).isEqualTo(ada);
  }

  @Test
  void changedLogin_isTheOnlyOne_andTheSessionsStay() {
    Account ada = signUp();
    accounts.signUp(db, "bob", PASSWORD, Set.of());
    String token = login().token();

    accounts.changeLogin(db, ada.id(), " Lovelace@acme.example ");

    assertThat(accounts.login(db, "lovelace@acme.example", PASSWORD).account().id())
        .isEqualTo(ada.id());
    assertRefused(401, this::login);
    assertThat(accounts.authenticate(db, token)).isPresent();
    assertThatExceptionOfType(UniqueViolationException.class)
        .isThrownBy(() -> accounts.changeLogin(db, ada.id(), "BOB"));
    assertRefused(422, () -> accounts.changeLogin(db, ada.id(), " "));
    assertRefused(404, () -> accounts.changeLogin(db, 999, "eve"));
    assertThat(accounts.find(db, "lovelace@acme.example")).isPresent();
  }

  @Test
  void roles_changeWithTheNextRequest() {
    Account ada = signUp();
    String token = login().token();
    accounts.setRoles(db, ada.id(), Set.of("member"));

    assertThat(accounts.authenticate(db, token).orElseThrow().roles()).containsExactly("member");
    assertRefused(404, () -> accounts.setRoles(db, 999, Set.of()));
  }

  @Test
  void account_thatIsDeleted_hasNoSession_andItsNumberIsNotGivenAgain() {
    Account ada = signUp();
    String token = login().token();
    db.run("DELETE FROM auth_accounts WHERE id = ?", ada.id());

    assertThat(accounts.authenticate(db, token)).isEmpty();
    assertThat(signUp().id()).isGreaterThan(ada.id());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$argon2id$v=19$m=19456,t=2,p=1$$",
        "$argon2id$v=19$m=999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$plain"
      })
  void hash_thatIsNoneOfOurs_matchesNothing(String hash) {
    signUp();
    db.run("UPDATE auth_accounts SET password = ?", hash);
    assertRefused(401, this::login);
  }

  @Test
  void settings_outOfRange_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Accounts.builder().sessionLifetime(Duration.ZERO).build())
        .withMessageContaining("sessionLifetime");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Accounts.builder().sessionsMax(0).build())
        .withMessageContaining("sessionsMax");
  }
}
