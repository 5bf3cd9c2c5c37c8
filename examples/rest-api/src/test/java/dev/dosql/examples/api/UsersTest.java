package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.DB;
import dev.dosql.UniqueViolationException;
import dev.dosql.junit.DoSqlTest;
import dev.dosql.web.Account;
import dev.dosql.web.Accounts;
import dev.dosql.web.WebException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@DoSqlTest(migrations = "classpath:migrations")
class UsersTest {
  private static final Accounts ACCOUNTS = Accounts.builder().build();
  private static final String HASH = "$argon2id$none";
  private static final NewUser ADA = new NewUser("Ada", "ada@acme.example", "first");

  /** Defects 4 and 46: what is returned is what was stored, by one statement. */
  @Test
  void add_returnsTheUserAsItIsStored(DB db) {
    User ada = Users.add(db, ADA);

    assertThat(ada.id()).isEqualTo(1);
    assertThat(ada.version()).isEqualTo(1);
    assertThat(Users.find(db, 1)).contains(ada);
  }

  /** Defect 44. */
  @Test
  void search_withPercentAndUnderscore_findsThemOnly(DB db) {
    Users.add(db, new NewUser("100% Ada", "a_da@acme.example", null));
    Users.add(db, new NewUser("Back\\slash", "x@acme.example", null));
    Users.add(db, new NewUser("Plain", "axda@acme.example", null));

    assertThat(names(Users.page(db, "%", Long.MAX_VALUE, 10))).containsExactly("100% Ada");
    assertThat(names(Users.page(db, "a_d", Long.MAX_VALUE, 10))).containsExactly("100% Ada");
    assertThat(names(Users.page(db, "\\", Long.MAX_VALUE, 10))).containsExactly("Back\\slash");
    assertThat(Users.count(db, "%")).isEqualTo(1);
    assertThat(Users.count(db, null)).isEqualTo(3);
  }

  /** Defect 43: rows that come and go meanwhile neither repeat nor hide others. */
  @Test
  void pages_whileRowsComeAndGo_haveEachOtherRowOnce(DB db) {
    IntStream.rangeClosed(1, 10).forEach(i -> Users.add(db, user(i)));
    List<String> seen = new ArrayList<>();

    List<User> page = Users.page(db, null, Long.MAX_VALUE, 4);
    while (!page.isEmpty()) {
      seen.addAll(names(page));
      long last = page.get(page.size() - 1).id();
      Users.add(db, user(100 + (int) last));
      Users.delete(db, page.get(0).id(), 1);
      page = Users.page(db, null, last, 4);
    }

    assertThat(seen).containsExactly("u10", "u9", "u8", "u7", "u6", "u5", "u4", "u3", "u2", "u1");
  }

  /** Defect 48. */
  @Test
  void change_ofAnOldVersion_isRefused_andBioCanBeTakenAway(DB db) {
    User ada = Users.add(db, ADA);
    UserChanges noBio = new UserChanges(null, null, Optional.empty());

    User changed = Users.change(db, ACCOUNTS, ada.id(), noBio, 1);

    assertThat(changed.bio()).isNull();
    assertThat(changed.name()).isEqualTo("Ada");
    assertThat(changed.version()).isEqualTo(2);
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> Users.change(db, ACCOUNTS, ada.id(), noBio, 1));
    assertThat(Users.find(db, ada.id())).contains(changed);
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> Users.change(db, ACCOUNTS, 99, noBio, 1));
  }

  @Test
  void change_ofTheAddress_isOneOfTheLogin_orOfNeither(DB db) {
    Account account = ACCOUNTS.signUpHashed(db, "ada@acme.example", HASH, Set.of());
    ACCOUNTS.signUpHashed(db, "taken@acme.example", HASH, Set.of());
    long ada = Users.add(db, "Ada", "ada@acme.example", account.id()).id();

    Users.change(db, ACCOUNTS, ada, address("Lovelace@acme.example"), 1);

    assertThat(ACCOUNTS.find(db, "lovelace@acme.example").map(Account::id)).contains(account.id());
    assertThat(ACCOUNTS.find(db, "ada@acme.example")).isEmpty();
    assertThatExceptionOfType(UniqueViolationException.class)
        .isThrownBy(() -> Users.change(db, ACCOUNTS, ada, address("taken@acme.example"), 2));
    assertThat(Users.get(db, ada).email()).isEqualTo("Lovelace@acme.example");
  }

  private static UserChanges address(String email) {
    return new UserChanges(null, email, null);
  }

  /** Defect 49: foreign keys are on. */
  @Test
  void delete_takesPostsAndCommentsAlong_butIsRefusedWhileThereAreOrders(DB db) {
    long ada = Users.add(db, ADA).id();
    long post = Posts.add(db, ada, new NewPost("t", "c", true)).id();
    Comments.add(db, ada, new NewComment(post, "b"));
    Users.delete(db, ada, 1);
    assertThat(db.queryOne(Long.class, "SELECT count(*) FROM comments")).contains(0L);

    long eve = Users.add(db, new NewUser("Eve", "eve@acme.example", null)).id();
    db.run("INSERT INTO orders (user_id, total_cents) VALUES (?, 0)", eve);
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> Users.delete(db, eve, 1))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo("in_use"));
    assertThat(Users.find(db, eve)).isPresent();
  }

  private static NewUser user(int i) {
    return new NewUser("u" + i, "u" + i + "@acme.example", null);
  }

  private static List<String> names(List<User> users) {
    return users.stream().map(User::name).toList();
  }
}
