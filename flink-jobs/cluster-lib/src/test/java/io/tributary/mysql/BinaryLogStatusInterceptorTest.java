package io.tributary.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BinaryLogStatusInterceptorTest {
  @ParameterizedTest
  @CsvSource({
    "SHOW MASTER STATUS, true",
    "' show master status ', true",
    "SHOW BINARY LOG STATUS, false",
    "SHOW MASTER LOGS, false",
    ", false",
  })
  void onlyTheOldQuestionIsAnsweredAnew(String sql, boolean old) {
    assertThat(BinaryLogStatusInterceptor.isOldQuestion(sql)).isEqualTo(old);
  }

  @Test
  void everyPartOfASnapshotStandsAtThePlaceThatWasGiven() {
    String place = BinaryLogStatusInterceptor.place("binlog.000007", 4711, "a-b:1-5,\nc-d:1");
    assertThat(place).matches("[0-9a-f]+");
    assertThat(BinaryLogStatusInterceptor.answerOf(place))
        .isEqualTo(
            "SELECT 'binlog.000007' AS File, 4711 AS Position, '' AS Binlog_Do_DB, '' AS Binlog_Ignore_DB, 'a-b:1-5,c-d:1' AS Executed_Gtid_Set");
  }

  @Test
  void aNameCannotEndTheText() {
    String place = BinaryLogStatusInterceptor.place("o'\\log.000001", 4, "");
    assertThat(BinaryLogStatusInterceptor.answerOf(place))
        .startsWith("SELECT 'o''\\\\log.000001' AS");
  }

  @Test
  void withoutAPlaceThereIsNoAnswer() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BinaryLogStatusInterceptor().init(null, new Properties(), null))
        .withMessageContaining("tributarySnapshotPlace");
  }
}
