package io.tributary.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.common.Version.Half;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** What versions promise to the warehouse, over binlogs made up at random. */
class VersionTest {
  /** A row takes at least two bytes of its event; before the rows come header, ids and bit maps. */
  private static final long BYTES_PER_ROW = 2;

  private static final long EVENT_OVERHEAD = 30;

  /** MySQL's magic number precedes the first event of a file. */
  private static final long FILE_START = 4;

  /** One event: the place where it starts, and how many rows it changes. */
  record Event(long file, long pos, long rows) {
    long end() {
      return pos + EVENT_OVERHEAD + rows * BYTES_PER_ROW;
    }
  }

  @Property
  void growsAlongTheBinlog(@ForAll("binlogs") List<Event> binlog, @ForAll @Epoch int epoch) {
    List<Long> versions = versionsOf(binlog, epoch);
    assertThat(versions).isSorted().doesNotHaveDuplicates();
  }

  @Property
  void isTheSameWhenTheBinlogIsReadAgain(
      @ForAll("binlogs") List<Event> binlog, @ForAll @Epoch int epoch) {
    assertThat(versionsOf(binlog, epoch)).isEqualTo(versionsOf(List.copyOf(binlog), epoch));
  }

  @Property
  void letsAMovedRowBeatItsOwnTombstone(
      @ForAll @Epoch int epoch,
      @ForAll @LongRange(max = (1L << 20) - 1) long file,
      @ForAll @LongRange(max = 1L << 31) long pos,
      @ForAll @IntRange(max = 1_000_000) int row) {
    assertThat(Version.of(epoch, file, pos, row, Half.AFTER))
        .isEqualTo(Version.of(epoch, file, pos, row, Half.BEFORE) + 1);
  }

  @Property
  void putsASnapshotBetweenTheChangesBeforeAndAfterIt(
      @ForAll("binlogs") List<Event> binlog, @ForAll @Epoch int epoch) {
    for (int next = 1; next < binlog.size(); next++) {
      Event before = binlog.get(next - 1);
      Event after = binlog.get(next);
      long snapshot = Version.of(epoch, before.file(), before.end(), 0, Half.AFTER);
      long lastBefore =
          Version.of(epoch, before.file(), before.pos(), before.rows() - 1, Half.AFTER);
      // A transaction's first event changes no row, so no row starts where the snapshot stands.
      long firstAfter =
          Version.of(epoch, after.file(), after.pos() + EVENT_OVERHEAD, 0, Half.BEFORE);
      assertThat(snapshot).isGreaterThan(lastBefore).isLessThan(firstAfter);
    }
  }

  @Property
  void beatsEverythingOfAnEarlierEpoch(
      @ForAll @IntRange(max = Version.MAX_EPOCH - 1) int epoch,
      @ForAll @LongRange(max = (1L << 20) - 1) long file,
      @ForAll @LongRange(max = (1L << 32) - 2) long pos) {
    assertThat(Version.of(epoch + 1, 0, 0, 0, Half.BEFORE))
        .isGreaterThan(Version.of(epoch, file, pos, 0, Half.AFTER));
  }

  @Property
  void isNeverNegative(@ForAll("binlogs") List<Event> binlog, @ForAll @Epoch int epoch) {
    assertThat(versionsOf(binlog, epoch)).allMatch(version -> version >= 0);
  }

  @Example
  void refusesWhatDoesNotFitAndNamesIt() {
    assertThat(Version.of(2047, (1L << 20) - 1, (1L << 32) - 2, 0, Half.AFTER))
        .isEqualTo(Long.MAX_VALUE);
    assertOverflow(() -> Version.of(2048, 0, 0, 0, Half.BEFORE), "epoch 2048");
    assertOverflow(() -> Version.of(-1, 0, 0, 0, Half.BEFORE), "epoch -1");
    assertOverflow(() -> Version.of(0, 1L << 20, 0, 0, Half.BEFORE), "binlog file number 1048576");
    assertOverflow(() -> Version.of(0, 0, 1L << 32, 0, Half.BEFORE), "binlog position 4294967296");
    assertOverflow(() -> Version.of(0, 0, 0, -1, Half.BEFORE), "row in the event -1");
    assertOverflow(
        () -> Version.of(0, 0, (1L << 32) - 1, 0, Half.AFTER),
        "place in the binlog file (position + 2 * row) 4294967296");
  }

  @Example
  void readsAFilesNumber() {
    assertThat(Version.fileNumber("binlog.000003")).isEqualTo(3);
    assertThat(Version.fileNumber("mysql-bin.v2.1048575")).isEqualTo(1_048_575);
    for (String name : List.of("", "binlog", "binlog.", "binlog.x", "binlog.-1", "binlog.٣")) {
      assertThatThrownBy(() -> Version.fileNumber(name))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'" + name + "'");
    }
  }

  /** An epoch that fits. */
  @IntRange(max = Version.MAX_EPOCH)
  @Retention(RetentionPolicy.RUNTIME)
  @interface Epoch {}

  /** Events one behind the other, now and then in a new file. */
  @Provide
  Arbitrary<List<Event>> binlogs() {
    Arbitrary<Long> rows = Arbitraries.longs().between(1, 5_000);
    Arbitrary<Boolean> rotates = Arbitraries.of(false, false, false, true);
    return Combinators.combine(rows, rotates)
        .as((count, rotate) -> new long[] {count, rotate ? 1 : 0})
        .list()
        .ofMinSize(2)
        .ofMaxSize(12)
        .map(VersionTest::layOut);
  }

  private static List<Event> layOut(List<long[]> sizes) {
    List<Event> events = new ArrayList<>();
    long file = 1;
    long pos = FILE_START;
    for (long[] size : sizes) {
      if (size[1] == 1) {
        file++;
        pos = FILE_START;
      }
      Event event = new Event(file, pos, size[0]);
      events.add(event);
      pos = event.end();
    }
    return events;
  }

  /** Every image of every row, in the order of the binlog. */
  private static List<Long> versionsOf(List<Event> binlog, int epoch) {
    List<Long> versions = new ArrayList<>();
    for (Event event : binlog) {
      for (long row = 0; row < event.rows(); row++) {
        versions.add(Version.of(epoch, event.file(), event.pos(), row, Half.BEFORE));
        versions.add(Version.of(epoch, event.file(), event.pos(), row, Half.AFTER));
      }
    }
    return versions;
  }

  private static void assertOverflow(Runnable call, String part) {
    assertThatThrownBy(call::run)
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining(part);
  }
}
