package io.tributary.capture.preflight;

import io.tributary.capture.CaptureOptions;
import io.tributary.capture.records.BinlogEnd;
import io.tributary.common.Version;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether the source still is the one whose heartbeats are in the topic. Versions are places in the
 * binlog, so under one epoch the binlog may only grow: after a restore, a failover or a reset new
 * changes would lose against older ones. Pure.
 */
public final class EpochCheck {
  private static final Comparator<Beat> BY_VERSION =
      Comparator.comparingInt(Beat::epoch)
          .thenComparingLong(beat -> Version.fileNumber(beat.file()))
          .thenComparingLong(Beat::pos);

  /** The header alone. */
  private static final int SMALLEST_EVENT_BYTES = 19;

  private EpochCheck() {}

  /**
   * Refuses a source that went back under its epoch.
   *
   * @param beats heartbeats in the topic, the newest among them
   * @throws IllegalStateException that says what the epoch must be
   */
  public static void requireSameSource(
      List<Beat> beats, SourceFacts source, CaptureOptions options) {
    problem(beats, source, options.epoch())
        .ifPresent(
            problem -> {
              throw new IllegalStateException(
                  "MySQL at %s:%d is not the source that capture knows: %s"
                      .formatted(options.mysqlHost(), options.mysqlPort(), problem));
            });
  }

  /** What is wrong and its remedy; empty if the source has only gone on, or nothing is known. */
  static Optional<String> problem(List<Beat> beats, SourceFacts source, int epoch) {
    return beats.stream().max(BY_VERSION).flatMap(beat -> problem(beat, source, epoch));
  }

  private static Optional<String> problem(Beat beat, SourceFacts source, int epoch) {
    if (beat.epoch() < epoch) {
      return Optional.empty();
    }
    if (beat.epoch() > epoch) {
      return Optional.of(
          "its topic has changes of epoch %d, and the epoch is %d: set `epoch` to %d"
              .formatted(beat.epoch(), epoch, beat.epoch()));
    }
    if (!beat.serverUuid().equals(source.serverUuid())) {
      return Optional.of(
          "its server_uuid is %s, and the newest heartbeat in the topic comes from %s. %s"
              .formatted(source.serverUuid(), beat.serverUuid(), remedy(epoch)));
    }
    BinlogEnd end = source.binlogEnd().orElseThrow();
    if (isBefore(end, beat)) {
      return Optional.of(
          "its binlog ends at %s:%d, before the newest heartbeat in the topic, %s:%d. %s"
              .formatted(end.file(), end.pos(), beat.file(), beat.pos(), remedy(epoch)));
    }
    if (isForgotten(beat, source.beats())) {
      return Optional.of(
          "it has heartbeats from before %s, and not the newest one in the topic, number %d of that time: it was set back to an earlier state. %s"
              .formatted(beat.beatenAt(), beat.number(), remedy(epoch)));
    }
    return Optional.empty();
  }

  /**
   * Whether the source keeps heartbeats that are older, but not this one, as one that was restored
   * from an image of its disk. One whose heartbeats were emptied, or have come round since, has
   * none that old.
   */
  private static boolean isForgotten(Beat beat, Map<Long, Instant> kept) {
    return !beat.beatenAt().equals(kept.get(beat.number()))
        && kept.values().stream().anyMatch(one -> !one.isAfter(beat.beatenAt()));
  }

  private static boolean isBefore(BinlogEnd end, Beat beat) {
    long endFile = Version.fileNumber(end.file());
    long beatFile = Version.fileNumber(beat.file());
    // A beat stands where its event starts, so the binlog that has it ends behind the event.
    return endFile != beatFile ? endFile < beatFile : end.pos() < beat.pos() + SMALLEST_EVENT_BYTES;
  }

  /** What to do about a source that started again. */
  public static String remedy(int epoch) {
    return "If the source was restored, failed over or reset on purpose, raise the setting `epoch` by one, to %d: capture then takes a new snapshot, whose rows outrank all earlier ones"
        .formatted(epoch + 1);
  }
}
