package dev.dosql.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.ParameterException;
import dev.dosql.StatementException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScriptTest {
  private static final String TRIGGER =
      """
      CREATE TRIGGER x AFTER INSERT ON t WHEN CASE 1 WHEN 1 THEN 1 END BEGIN
        INSERT INTO u VALUES ('; END;', "e;", [f;], `g;`); -- ; END;
        UPDATE t SET a = CASE WHEN a THEN 1 ELSE 2 END; /* ;
        END; */
        SELECT CASE WHEN 1 THEN (SELECT 2) END;
      END""";

  @ParameterizedTest
  @ValueSource(strings = {"", "  \n", ";;", "-- a", "/* a */;\uFEFF"})
  void script_withoutStatements_isEmpty(String script) {
    assertThat(Script.parse(script)).isEmpty();
  }

  @Test
  void script_withStatements_isCutWithTextAndLine() {
    List<ParsedSql> parsed =
        Script.parse(
            "-- first\n\nSELECT ';';;\n/* a\n b */ INSERT INTO t\n VALUES (1) ; "
                + "SELECT 2 -- last\r\n");
    assertThat(parsed)
        .extracting(ParsedSql::sql)
        .containsExactly("SELECT ';'", "INSERT INTO t\n VALUES (1)", "SELECT 2");
    assertThat(parsed).extracting(ParsedSql::line).containsExactly(3, 5, 6);
    assertThat(parsed)
        .extracting(ParsedSql::verb)
        .containsExactly(Verb.SELECT, Verb.INSERT, Verb.SELECT);
  }

  @Test
  void trigger_anywhere_staysWhole() {
    assertThat(Script.parse("SELECT 1;\n" + TRIGGER + ";\nSELECT 2"))
        .extracting(ParsedSql::sql)
        .containsExactly("SELECT 1", TRIGGER, "SELECT 2");
    assertThat(Script.parse(TRIGGER)).extracting(ParsedSql::sql).containsExactly(TRIGGER);
    assertThat(Script.parse(TRIGGER + " ;")).extracting(ParsedSql::sql).containsExactly(TRIGGER);
    assertThat(Script.parse("EXPLAIN " + TRIGGER + ";SELECT 1")).hasSize(2);
  }

  @Test
  void trigger_unfinished_isLeftToSqlite() {
    assertThat(Script.parse("CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; SELECT 2"))
        .hasSize(1);
  }

  @Test
  void table_namedLikeATrigger_endsAtItsSemicolon() {
    assertThat(Script.parse("CREATE TABLE \"TRIGGER\"(a); CREATE \"TRIGGER\"; SELECT 1"))
        .hasSize(3);
  }

  @Test
  void statement_refusedAnywhere_refusesTheScriptWithItsLine() {
    String script = "CREATE TABLE t(a);\n\nINSERT INTO t\nVALUES (1);\n  EXPLAIN\nCOMMIT; SELECT 1";
    StatementException e =
        catchThrowableOfType(StatementException.class, () -> Script.parse(script));
    assertThat(e.line()).isEqualTo(5);
    assertThat(e.sql()).isEqualTo("EXPLAIN\nCOMMIT");
    assertThat(e.position()).isEqualTo(8);
    assertThat(e).hasMessageContaining("COMMIT").hasMessageContaining("line=5");
  }

  @Test
  void temporaryTrigger_inScript_isRefusedAsOneStatement() {
    String script = "SELECT 1;\n" + TRIGGER.replace("CREATE", "CREATE TEMP");
    assertThatThrownBy(() -> Script.parse(script))
        .isInstanceOf(StatementException.class)
        .hasMessageContaining("temporary")
        .hasMessageContaining("line=2");
  }

  @Test
  void parameter_behindANameWithBackquotes_isShownAsItStands() {
    assertThatThrownBy(() -> Script.parse("SELECT 1;\nSELECT \"````\", :name"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("line=2")
        .hasMessageContaining("parameter=:name)");
  }

  @Test
  void parameter_inScript_isAnErrorWithItsLine() {
    assertThatThrownBy(() -> Script.parse("SELECT 1;\nSELECT\n 2, :name"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("line=3")
        .hasMessageContaining(":name");
  }

  @Test
  void nul_inScript_isRefusedWithItsLine() {
    StatementException e =
        catchThrowableOfType(StatementException.class, () -> Script.parse("SELECT 1;\n\0"));
    assertThat(e.line()).isEqualTo(2);
    assertThat(e.position()).isEqualTo(10);
  }

  @Test
  void statements_afterParsing_areUnmodifiable() {
    List<ParsedSql> parsed = Script.parse("SELECT 1");
    assertThatThrownBy(() -> parsed.remove(0)).isInstanceOf(UnsupportedOperationException.class);
  }
}
