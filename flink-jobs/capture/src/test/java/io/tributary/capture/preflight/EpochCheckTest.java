package io.tributary.capture.preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.capture.TestOptions;
import io.tributary.capture.records.BinlogEnd;
import io.tributary.common.Version;
import io.tributary.common.Version.Half;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class EpochCheckTest {
  private static final long NUMBER = 5_000;
  private static final Instant BEATEN_AT = Instant.parse("2026-01-11T10:30:00.12Z");
  private static final BinlogEnd END = new BinlogEnd("binlog.000007", 500, 0);

  @Test
  void anEmptyTopicSaysNothing() {
    assertThat(EpochCheck.problem(List.of(), source("a", END), 0)).isEmpty();
  }

  @Test
  void aSourceThatHasGoneOnPasses() {
    List<Beat> beats = List.of(beat(0, "a", 6, 9_000), beat(0, "a", 7, 400));
    assertThat(EpochCheck.problem(beats, source("a", END), 0)).isEmpty();
  }

  @Test
  void anotherServerUnderTheSameEpochIsNamed() {
    List<Beat> beats = List.of(beat(0, "b", 5, 1), beat(0, "a", 7, 400));
    assertThat(EpochCheck.problem(beats, source("b", END), 0))
        .get()
        .asString()
        .contains("server_uuid is b", "comes from a", "raise the setting `epoch` by one, to 1");
  }

  @Test
  void aServerBeforeTheNewestDoesNotMatter() {
    List<Beat> beats = List.of(beat(0, "a", 7, 400), beat(0, "b", 5, 1));
    assertThat(EpochCheck.problem(beats, source("a", END), 0)).isEmpty();
  }

  @Test
  void aBinlogThatEndsBeforeTheNewestBeatIsNamed() {
    assertThat(EpochCheck.problem(List.of(beat(3, "a", 7, 500)), source("a", END), 3))
        .get()
        .asString()
        .contains("binlog.000007:500", "raise the setting `epoch` by one, to 4");
    assertThat(EpochCheck.problem(List.of(beat(3, "a", 8, 4)), source("a", END), 3)).isPresent();
  }

  @Test
  void aNewEpochMayStartAnywhere() {
    assertThat(EpochCheck.problem(List.of(beat(0, "b", 9, 9)), source("a", END), 1)).isEmpty();
  }

  @Test
  void anEpochThatWentBackIsNamed() {
    List<Beat> beats = List.of(beat(2, "a", 1, 4), beat(1, "a", 9, 4));
    assertThat(EpochCheck.problem(beats, source("a", END), 1))
        .get()
        .asString()
        .contains("set `epoch` to 2");
  }

  /** From an image of its disk: it has gone on since, in a file of the binlog that comes later. */
  @Test
  void aSourceThatWasSetBackIsNamed() {
    Map<Long, Instant> without =
        Map.of(NUMBER - 9, BEATEN_AT.minusSeconds(9), NUMBER - 8, BEATEN_AT.plusSeconds(60));
    Map<Long, Instant> another =
        Map.of(NUMBER - 9, BEATEN_AT.minusSeconds(9), NUMBER, BEATEN_AT.plusSeconds(60));
    for (Map<Long, Instant> kept : List.of(without, another)) {
      assertThat(problem(kept))
          .get()
          .asString()
          .contains("not the newest one in the topic", "raise the setting `epoch` by one, to 4");
    }
  }

  @Test
  void aSourceThatHasTheNewestBeatPasses() {
    Map<Long, Instant> kept = Map.of(NUMBER - 1, BEATEN_AT.minusSeconds(1), NUMBER, BEATEN_AT);
    assertThat(problem(kept)).isEmpty();
  }

  /** After an hour, and after TRUNCATE, whose remedy is another snapshot. */
  @Test
  void aSourceThatKeepsOnlyLaterBeatsPasses() {
    assertThat(problem(Map.of(NUMBER + 3600, BEATEN_AT.plusSeconds(3600)))).isEmpty();
    assertThat(problem(Map.of(1L, BEATEN_AT.plusSeconds(2)))).isEmpty();
  }

  private static Optional<String> problem(Map<Long, Instant> kept) {
    return EpochCheck.problem(List.of(beat(3, "a", 7, 400)), source("a", END, kept), 3);
  }

  @Test
  void theRefusalNamesTheSource() {
    assertThatThrownBy(
            () ->
                EpochCheck.requireSameSource(
                    List.of(beat(0, "b", 1, 4)), source("a", END), TestOptions.parse()))
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
    if (EpochCheck.problem(beats, source("a", end), epoch).isPresent()) {
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
    return new Beat(NUMBER, BEATEN_AT, epoch, uuid, fileName(file), pos);
  }

  /** A source that keeps no heartbeats. */
  private static SourceFacts source(String uuid, BinlogEnd end) {
    return source(uuid, end, Map.of());
  }

  private static SourceFacts source(String uuid, BinlogEnd end, Map<Long, Instant> beats) {
    return new SourceFacts(
        "9.7.2",
        Map.of("server_uuid", uuid),
        0,
        Optional.of(end),
        Optional.of(Set.of()),
        0,
        Map.of(),
        Set.of(),
        List.of(),
        beats);
  }

  private static String fileName(long number) {
    return "binlog.%06d".formatted(number);
  }
}
