package dev.dosql.migrations.lexer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '¦',
      quoteCharacter = '~',
      value = {
        "a-b ¦ WORD:a OTHER:- WORD:b",
        "a->b->>c ¦ WORD:a OTHER:-> WORD:b OTHER:->> WORD:c",
        "a--b ¦ WORD:a",
        "1<=2<>3<<4>=5>>6==7!=8||9 ¦ OTHER:1 OTHER:<= OTHER:2 OTHER:<> OTHER:3 OTHER:<< OTHER:4"
            + " OTHER:>= OTHER:5 OTHER:>> OTHER:6 OTHER:== OTHER:7 OTHER:!= OTHER:8 OTHER:||"
            + " OTHER:9",
        "a!b|c ¦ WORD:a ILLEGAL:! WORD:b OTHER:| WORD:c",
        "0x1F 0X_ 1_000 1e5 1.e-5 .5 1e 1x 1.2.3 ¦ OTHER:0x1F ILLEGAL:0X_ OTHER:1_000 OTHER:1e5"
            + " OTHER:1.e-5 OTHER:.5 ILLEGAL:1e ILLEGAL:1x OTHER:1.2 OTHER:.3",
        "x'ab' X'' x'a' x'zz'y xy ¦ OTHER:x'ab' OTHER:X'' ILLEGAL:x'a' ILLEGAL:x'zz' WORD:y"
            + " WORD:xy",
        "'it''s' \"a\"\"b\" `c``d` [e'f] ¦ STRING:'it''s' QUOTED:\"a\"\"b\" QUOTED:`c``d`"
            + " QUOTED:[e'f]",
        "? ?12 ?a :a @b1 $c #d ¦ VARIABLE:? VARIABLE:?12 VARIABLE:? WORD:a VARIABLE::a"
            + " VARIABLE:@b1 VARIABLE:$c VARIABLE:#d",
        "$a::b(c) :d(e)f $a(b :::a ::a : ¦ VARIABLE:$a::b(c) VARIABLE::d(e) WORD:f ILLEGAL:$a(b"
            + " VARIABLE::::a ILLEGAL:: VARIABLE::a ILLEGAL::",
        "a$b _c é𝄞 \u00a0 ¦ WORD:a$b WORD:_c WORD:é𝄞 WORD:\u00a0",
        "/* a */b/**/c/*/d*/e ¦ WORD:b WORD:c WORD:e",
        "a/*b ¦ WORD:a",
        "a/* ¦ WORD:a OTHER:/ OTHER:*",
        "a.b(c);d ¦ WORD:a DOT:. WORD:b OPEN:( WORD:c CLOSE:) SEMICOLON:; WORD:d",
        "\uFEFFa\uFEFF \uFEFF,\uFEFFb ¦ WORD:a\uFEFF OTHER:, WORD:b",
        "{^\\ ¦ ILLEGAL:{ ILLEGAL:^ ILLEGAL:\\",
      })
  void text_anyForm_isCutAsSqliteCutsIt(String sql, String expected) {
    assertThat(String.join(" ", cut(sql))).isEqualTo(expected);
  }

  @Test
  void verticalTab_behindSpaceOrSemicolon_isSpaceElseIllegal() {
    assertThat(cut("a \u000bb")).containsExactly("WORD:a", "WORD:b");
    assertThat(cut("a\u000bb")).containsExactly("WORD:a", "ILLEGAL:\u000b", "WORD:b");
    assertThat(cut("\u000bb")).containsExactly("ILLEGAL:\u000b", "WORD:b");
    assertThat(cut("a;\u000b\u000bb")).containsExactly("WORD:a", "SEMICOLON:;", "WORD:b");
    assertThat(cut(" ;\u000bb")).containsExactly("SEMICOLON:;", "ILLEGAL:\u000b", "WORD:b");
    assertThat(cut("a;;\u000bb"))
        .containsExactly("WORD:a", "SEMICOLON:;", "SEMICOLON:;", "ILLEGAL:\u000b", "WORD:b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"'a;b", "\"a''", "`a", "[a;", "x'ab", "'a''"})
  void quote_unterminated_runsToTheEndAndIsIllegal(String sql) {
    assertThat(cut(sql)).containsExactly("ILLEGAL:" + sql);
  }

  @Test
  void text_random_isCoveredByTokensWithoutGap() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int n = 0; n < 20_000; n++) {
      char[] chars = new char[random.nextInt(30)];
      for (int i = 0; i < chars.length; i++) {
        chars[i] = (char) (random.nextInt(10) == 0 ? random.nextInt(65_536) : random.nextInt(128));
      }
      Tokenizer in = new Tokenizer(new String(chars));
      int covered = 0;
      while (in.next() != TokenKind.END) {
        assertThat(in.start()).as("seed %d", seed).isEqualTo(covered);
        assertThat(in.end()).as("seed %d", seed).isGreaterThan(covered);
        covered = in.end();
      }
      assertThat(covered).as("seed %d", seed).isEqualTo(chars.length);
    }
  }

  private static List<String> cut(String sql) {
    Tokenizer in = new Tokenizer(sql);
    List<String> tokens = new ArrayList<>();
    for (TokenKind kind = in.next(); kind != TokenKind.END; kind = in.next()) {
      if (kind != TokenKind.SPACE) {
        tokens.add(kind + ":" + sql.substring(in.start(), in.end()));
      }
    }
    return tokens;
  }
}
