package io.tributary.mysql;

import static org.assertj.core.api.Assertions.assertThat;

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
}
