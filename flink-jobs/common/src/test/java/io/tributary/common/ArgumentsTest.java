package io.tributary.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
  @Test
  void readsWhatIsGiven() {
    Arguments args =
        Arguments.of("--host", "mysql", "--port", "3306", "--wait-ms", "500", "--flag", "-1");
    assertThat(args.text("host")).isEqualTo("mysql");
    assertThat(args.port("port")).isEqualTo(3306);
    assertThat(args.millis("wait-ms")).isEqualTo(Duration.ofMillis(500));
    assertThat(args.integer("flag", -5, 5)).isEqualTo(-1);
    assertThatCode(args::requireValid).doesNotThrowAnyException();
  }

  @Test
  void fallsBackToADefaultOnlyWhereTheArgumentIsAbsent() {
    Arguments args = Arguments.of("--rows", "many");
    assertThat(args.millis("wait-ms", Duration.ofMillis(20))).isEqualTo(Duration.ofMillis(20));
    args.integer("rows", 1, 10, 5);
    assertThatThrownBy(args::requireValid)
        .hasMessageContaining("--rows must be a whole number from 1 to 10, not 'many'");
  }

  @Test
  void namesEveryProblemInOneMessage() {
    Arguments args =
        Arguments.of("stray", "--port", "0", "--hots", "mysql", "--port", "99999", "--user");
    args.text("host");
    args.port("port");
    args.text("user");
    assertThatThrownBy(args::requireValid)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'stray' stands without a --name before it")
        .hasMessageContaining("--port is given twice")
        .hasMessageContaining("--port must be a whole number from 1 to 65535, not '99999'")
        .hasMessageContaining("--host is missing")
        .hasMessageContaining("--user is missing")
        .hasMessageContaining("--hots is unknown")
        .hasMessageContaining("Known arguments: --host, --port, --user");
  }
}
