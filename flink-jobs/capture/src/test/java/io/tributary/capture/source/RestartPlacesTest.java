package io.tributary.capture.source;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.flink.cdc.connectors.mysql.source.offset.BinlogOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestartPlacesTest {
  private static final String US = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  private static final String OTHER = "11111111-71ca-11e1-9e33-c80aa9429562";

  @Test
  void aChangeIsReadWithItsRow() {
    BinlogOffset place = RestartPlaces.after(Changes.change("u", 1, US + ":1-6", US + ":7", 2));
    assertThat(place.getGtidSet()).isEqualTo(US + ":1-6");
    assertThat(place.getRestartSkipEvents()).isEqualTo(4);
    assertThat(place.getRestartSkipRows()).isEqualTo(3);
    assertThat(place.getFilename()).isEqualTo("binlog.000003");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{us}:1-7; {us}:7; {us}:1-6",
        "{us}:1-9; {us}:7; {us}:1-6:8-9",
        "{other}:1-5,{us}:1-7; {us}:7; {other}:1-5,{us}:1-6",
        "{other}:1-5,{us}:7-7; {us}:7; {other}:1-5",
        "{us}:7-7; {us}:7; ''",
      })
  void aTransactionThatIsSentAgainHasNotBeenRead(String said, String gtid, String read) {
    BinlogOffset place = RestartPlaces.after(Changes.change("c", 1, named(said), named(gtid), 0));
    assertThat(place.getGtidSet()).isEqualTo(named(read));
    assertThat(place.getRestartSkipEvents()).isEqualTo(4);
    assertThat(place.getRestartSkipRows()).isEqualTo(1);
  }

  @Test
  void aChangedKeyIsReadWithItsInsert() {
    BinlogOffset gone =
        RestartPlaces.after(Changes.deleteOfAChangedKey(1, US + ":1-6", US + ":7", 2));
    assertThat(gone.getRestartSkipEvents()).isEqualTo(4);
    assertThat(gone.getRestartSkipRows()).isEqualTo(2);
    BinlogOffset back = RestartPlaces.after(Changes.change("c", 2, US + ":1-6", US + ":7", 2));
    assertThat(back.getRestartSkipRows()).isEqualTo(3);
  }

  @Test
  void aSourceWithoutGtidsHasPlacesInItsFile() {
    BinlogOffset place = RestartPlaces.after(Changes.change("c", 1, null, null, 0));
    assertThat(place.getGtidSet()).isNull();
    assertThat(place.getPosition()).isEqualTo(1234);
  }

  private static String named(String text) {
    return text.replace("{us}", US).replace("{other}", OTHER);
  }
}
