package io.tributary.clickhouse.rowbinary;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class RowBufferTest {

  @Property
  void writesTextLikeTheJdk(@ForAll String text) {
    char[] chars = text.toCharArray();
    byte[] expected = text.getBytes(StandardCharsets.UTF_8);
    int length = RowBuffer.utf8Length(chars, 0, chars.length);
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      assertThat(length).isEqualTo(-1);
      return;
    }
    RowBuffer buffer = new RowBuffer();

    buffer.utf8(chars, 0, chars.length);

    assertThat(length).isEqualTo(expected.length);
    assertThat(buffer.toByteArray()).isEqualTo(expected);
  }

  @Test
  void writesEmojiAsFourBytes() {
    RowBuffer buffer = new RowBuffer();
    buffer.utf8("😀".toCharArray(), 0, 2);

    assertThat(buffer.toByteArray()).isEqualTo("😀".getBytes(StandardCharsets.UTF_8));
    assertThat(RowBuffer.utf8Length("😀".toCharArray(), 0, 1)).isEqualTo(-1);
  }

  @Test
  void writesNumbersLittleEndianAndLengthsAsLeb128() {
    RowBuffer buffer = new RowBuffer();
    buffer.int16(0x0102);
    buffer.int32(0x01020304);
    buffer.varUInt(300);

    assertThat(buffer.toByteArray()).isEqualTo(new byte[] {2, 1, 4, 3, 2, 1, (byte) 0xAC, 2});
  }

  @Test
  void sendsAnyRangeOfRowsAnyNumberOfTimes() throws IOException {
    RowBuffer buffer = rows(100);

    assertThat(sent(buffer, 0, 100)).hasSize(400);
    assertThat(sent(buffer, 99, 100)).isEqualTo(new byte[] {99, 0, 0, 0});
    assertThat(sent(buffer, 50, 50)).isEmpty();
    assertThat(sent(buffer, 99, 100)).isEqualTo(new byte[] {99, 0, 0, 0});
  }

  @Test
  void takesBackFinishedAndUnfinishedRows() throws IOException {
    RowBuffer buffer = rows(3);
    buffer.int64(-1);
    buffer.truncate(2);
    buffer.int32(7);
    buffer.endRow();

    assertThat(buffer.rowCount()).isEqualTo(3);
    assertThat(sent(buffer, 1, 3)).isEqualTo(new byte[] {1, 0, 0, 0, 7, 0, 0, 0});
  }

  private static RowBuffer rows(int count) {
    RowBuffer buffer = new RowBuffer();
    for (int i = 0; i < count; i++) {
      buffer.int32(i);
      buffer.endRow();
    }
    return buffer;
  }

  private static byte[] sent(RowBuffer buffer, int from, int to) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    buffer.writeTo(out, from, to);
    return out.toByteArray();
  }
}
