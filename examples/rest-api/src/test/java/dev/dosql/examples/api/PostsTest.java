package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.DB;
import dev.dosql.junit.DoSqlTest;
import dev.dosql.web.WebException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DoSqlTest(migrations = "classpath:migrations")
class PostsTest {
  private long ada;
  private long eve;

  @BeforeEach
  void users(DB db) {
    ada = Users.add(db, new NewUser("Ada", "ada@acme.example", null)).id();
    eve = Users.add(db, new NewUser("Eve", "eve@acme.example", null)).id();
  }

  @Test
  void search_findsAllWords_alsoAfterChangesAndDeletion(DB db) {
    Post engine = Posts.add(db, ada, new NewPost("Engines", "the analytical engine", true));
    Posts.add(db, ada, new NewPost("Looms", "the loom of Jacquard", true));

    assertThat(search(db, "the ENGINE")).containsExactly("Engines");
    assertThat(search(db, "the")).containsExactly("Looms", "Engines");
    assertThat(search(db, "anal")).containsExactly("Engines");

    Posts.change(db, ada, engine.id(), new NewPost("Wheels", "of brass", true), 1);
    assertThat(search(db, "engine")).isEmpty();
    assertThat(search(db, "brass")).containsExactly("Wheels");
    Posts.delete(db, ada, engine.id(), 2);
    assertThat(search(db, "brass")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"",
        "*",
        "a OR b",
        "NEAR(a b)",
        "title:a",
        "(",
        "a AND",
        "'; DROP TABLE posts",
        "!!!",
        "NOT"
      })
  void search_withOperators_isNoErrorAndNoOperator(String text, DB db) {
    Posts.add(db, ada, new NewPost("a", "b", true));

    assertThat(search(db, text)).isEmpty();
  }

  @Test
  void search_withANul_findsTheWordsAroundIt(DB db) {
    Posts.add(db, ada, new NewPost("Engines", "the analytical engine", true));

    assertThat(search(db, "the\u0000analytical\u0000")).containsExactly("Engines");
    assertThat(search(db, "\u0000anal")).containsExactly("Engines");
    assertThat(search(db, "the\u0000loom")).isEmpty();
    assertThat(search(db, "\u0000")).isEmpty();
  }

  @Test
  void draft_isSeenByItsAuthorOnly(DB db) {
    Post draft = Posts.add(db, ada, new NewPost("secret", "plan", false));

    assertThat(Posts.find(db, ada, draft.id())).contains(draft);
    assertThat(Posts.find(db, eve, draft.id())).isEmpty();
    assertThat(Posts.page(db, eve, Long.MAX_VALUE, 10)).isEmpty();
    assertThat(Posts.search(db, "secret", eve, Long.MAX_VALUE, 10)).isEmpty();
    assertThat(Articles.find(db, eve, draft.id())).isEmpty();
    assertThat(Articles.find(db, ada, draft.id()).orElseThrow().state())
        .isEqualTo(Article.State.DRAFT);
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> Comments.add(db, eve, new NewComment(draft.id(), "seen")));
  }

  @Test
  void change_bySomebodyElse_orOfAnOldVersion_isRefused(DB db) {
    Post post = Posts.add(db, ada, new NewPost("t", "c", true));
    NewPost other = new NewPost("t2", "c2", true);

    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> Posts.change(db, eve, post.id(), other, 1));
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> Posts.delete(db, eve, post.id(), 1));
    assertThat(Posts.change(db, ada, post.id(), other, 1).version()).isEqualTo(2);
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> Posts.change(db, ada, post.id(), other, 1));
  }

  @Test
  void comments_areOldestFirst_andDeletedByTheirAuthorOrThatOfThePost(DB db) {
    long post = Posts.add(db, ada, new NewPost("t", "c", true)).id();
    Comment first = Comments.add(db, eve, new NewComment(post, "one"));
    Comment second = Comments.add(db, ada, new NewComment(post, "two"));

    assertThat(Comments.page(db, post, 0, 10)).containsExactly(first, second);
    assertThat(Comments.page(db, post, first.id(), 10)).containsExactly(second);
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> Comments.delete(db, eve, second.id()));
    Comments.delete(db, ada, first.id());
    assertThat(Comments.page(db, post, 0, 10)).containsExactly(second);
  }

  private List<String> search(DB db, String text) {
    return Posts.search(db, text, eve, Long.MAX_VALUE, 10).stream().map(Post::title).toList();
  }
}
