package io.tributary.capture.preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.capture.TestOptions;
import io.tributary.capture.records.BinlogEnd;
import io.tributary.common.Version;
import io.tributary.common.Version.Half;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class EpochCheckTest {
  private static final BinlogEnd END = new BinlogEnd("binlog.000007", 500, 0);

  @Test
  void anEmptyTopicSaysNothing() {
    assertThat(EpochCheck.problem(List.of(), "a", END, 0)).isEmpty();
  }

  @Test
  void aSourceThatHasGoneOnPasses() {
    List<Beat> beats = List.of(beat(0, "a", 6, 9_000), beat(0, "a", 7, 400));
    assertThat(EpochCheck.problem(beats, "a", END, 0)).isEmpty();
  }

  @Test
  void anotherServerUnderTheSameEpochIsNamed() {
    List<Beat> beats = List.of(beat(0, "b", 5, 1), beat(0, "a", 7, 400));
    assertThat(EpochCheck.problem(beats, "b", END, 0))
        .get()
        .asString()
        .contains("server_uuid is b", "comes from a", "raise the setting `epoch` by one, to 1");
  }

  @Test
  void aServerBeforeTheNewestDoesNotMatter() {
    List<Beat> beats = List.of(beat(0, "a", 7, 400), beat(0, "b", 5, 1));
    assertThat(EpochCheck.problem(beats, "a", END, 0)).isEmpty();
  }

  @Test
  void aBinlogThatEndsBeforeTheNewestBeatIsNamed() {
    assertThat(EpochCheck.problem(List.of(beat(3, "a", 7, 500)), "a", END, 3))
        .get()
        .asString()
        .contains("binlog.000007:500", "raise the setting `epoch` by one, to 4");
    assertThat(EpochCheck.problem(List.of(beat(3, "a", 8, 4)), "a", END, 3)).isPresent();
  }

  @Test
  void aNewEpochMayStartAnywhere() {
    assertThat(EpochCheck.problem(List.of(beat(0, "b", 9, 9)), "a", END, 1)).isEmpty();
  }

  @Test
  void anEpochThatWentBackIsNamed() {
    List<Beat> beats = List.of(beat(2, "a", 1, 4), beat(1, "a", 9, 4));
    assertThat(EpochCheck.problem(beats, "a", END, 1))
        .get()
        .asString()
        .contains("set `epoch` to 2");
  }

  @Test
  void theRefusalNamesTheSource() {
    assertThatThrownBy(
            () ->
                EpochCheck.requireSameSource(
                    List.of(beat(0, "b", 1, 4)), "a", END, TestOptions.parse()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("MySQL at mysql:3306 is not the source that capture knows");
  }

  /** What the check is for: whatever the source writes next outranks what is in the topic. */
  @Property
  void whereItPassesTheNextChangeHasAHigherVersionThanEveryBeat(
      @ForAll @IntRange(max = 3) int epoch,
      @ForAll List<@IntRange(max = 3) Integer> epochs,
      @ForAll @LongRange(min = 1, max = 4) long endFile,
      @ForAll @LongRange(min = 4, max = 40) long endPos,
      @ForAll @LongRange(min = 1, max = 4) long file,
      @ForAll @LongRange(min = 4, max = 40) long pos) {
    List<Beat> beats =
        epochs.stream().map(one -> beat(one, "a", (file + one) % 4 + 1, pos + one)).toList();
    BinlogEnd end = new BinlogEnd(fileName(endFile), endPos, 0);
    if (EpochCheck.problem(beats, "a", end, epoch).isPresent()) {
      return;
    }
    long next = Version.of(epoch, endFile, endPos, 0, Half.BEFORE);
    for (Beat beat : beats) {
      long version =
          Version.of(beat.epoch(), Version.fileNumber(beat.file()), beat.pos(), 0, Half.AFTER);
      assertThat(next).isGreaterThan(version);
    }
  }

  private static Beat beat(int epoch, String uuid, long file, long pos) {
    return new Beat(epoch, uuid, fileName(file), pos);
  }

  private static String fileName(long number) {
    return "binlog.%06d".formatted(number);
  }
}
