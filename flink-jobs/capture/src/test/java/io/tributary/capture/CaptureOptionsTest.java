package io.tributary.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.capture.CaptureOptions.ServerIds;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureOptionsTest {
  @Test
  void readsACompleteCommandLine() {
    CaptureOptions options = TestOptions.parse();
    assertThat(options.mysqlHost()).isEqualTo("mysql");
    assertThat(options.mysqlPasswordFile()).isEqualTo(Path.of("/run/secrets/password"));
    assertThat(options.serverIds()).isEqualTo(new ServerIds(5400, 5403));
    assertThat(options.checkpointInterval()).isEqualTo(Duration.ofMillis(500));
    assertThat(options.pollInterval()).isEqualTo(Duration.ofMillis(20));
    assertThat(options.tables()).hasSize(2);
    assertThat(options.binlogRetention()).isEqualTo(Duration.ofDays(7));
    assertThat(options.heartbeatsTable().topic()).isEqualTo("heartbeats-cdc-topic");
  }

  @Test
  void namesEverythingThatIsMissing() {
    assertThatThrownBy(CaptureOptions::fromArgs)
        .hasMessageContaining("--mysql-host is missing")
        .hasMessageContaining("--tables is missing")
        .hasMessageContaining("--server-id is missing")
        .hasMessageContaining("--epoch is missing");
  }

  @Test
  void refusesAnEpochThatDoesNotFitAVersion() {
    assertThatThrownBy(() -> TestOptions.parse("--epoch", "2048"))
        .hasMessageContaining("--epoch must be a whole number from 0 to 2047");
  }

  @Test
  void refusesHeartbeatsThatAreNotCaptured() {
    assertThatThrownBy(() -> TestOptions.parse("--heartbeats", "pulses"))
        .hasMessageContaining("--heartbeats pulses is none of --tables");
  }

  @ParameterizedTest
  @ValueSource(strings = {"5400", "5403-5400", "0-3", "a-b", "5400-4294967296", "-5-7"})
  void refusesWhatIsNoRangeOfServerIds(String range) {
    assertThatThrownBy(() -> TestOptions.parse("--server-id", range))
        .hasMessageContaining(
            "--server-id must be a range of server ids such as 5400-5403, not '%s'", range);
  }
}
