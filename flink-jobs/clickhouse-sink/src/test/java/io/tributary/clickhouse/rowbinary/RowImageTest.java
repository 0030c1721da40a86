package io.tributary.clickhouse.rowbinary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.clickhouse.schema.Column;
import io.tributary.clickhouse.schema.SchemaMismatchException;
import io.tributary.clickhouse.schema.TableSchema;
import java.util.List;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.junit.jupiter.api.Test;

class RowImageTest {
  private static final TableSchema SCHEMA =
      new TableSchema(
          "platform",
          "things",
          List.of(
              new Column("id", "UInt8"),
              new Column("note", "Nullable(String)"),
              new Column("size", "UInt8")));

  private final RowImage image = new RowImage(SCHEMA);

  @Test
  void writesCellsInTheTablesOrder() throws Exception {
    read("{\"size\":3,\"note\":\"a\",\"id\":1}");

    assertThat(row()).isEqualTo(new byte[] {0, 1, 0, 0, 1, 'a', 0, 3});
  }

  @Test
  void asksForTheDefaultOfAColumnTheObjectDoesNotName() throws Exception {
    read("{\"id\":1,\"note\":null}");

    assertThat(row()).isEqualTo(new byte[] {0, 1, 0, 1, 1});
    assertThat(image.has(1)).isTrue();
    assertThat(image.has(2)).isFalse();
  }

  @Test
  void forgetsTheRowBefore() throws Exception {
    read("{\"id\":1,\"note\":\"x\",\"size\":9}");
    read("{\"id\":2}");

    assertThat(row()).isEqualTo(new byte[] {0, 2, 1, 1});
  }

  @Test
  void leavesTheParserAtTheObjectsEnd() throws Exception {
    try (JsonParser json = new JsonFactory().createParser("{\"id\":1}[")) {
      json.nextToken();
      image.read(json);

      assertThat(json.currentToken()).isEqualTo(JsonToken.END_OBJECT);
    }
  }

  @Test
  void readsOneColumnAndPassesOverTheOthers() throws Exception {
    try (JsonParser json =
        new JsonFactory().createParser("{\"id\":\"bad\",\"x\":{\"size\":[1]},\"size\":7}")) {
      json.nextToken();
      image.readOnly(2, json);

      assertThat(json.currentToken()).isEqualTo(JsonToken.END_OBJECT);
    }
    assertThat(image.has(0)).isFalse();
    RowImage other = new RowImage(SCHEMA);
    read("{\"id\":1,\"size\":7}", other);
    assertThat(image.sameValue(2, other)).isTrue();
    read("{\"id\":1,\"size\":8}", other);
    assertThat(image.sameValue(2, other)).isFalse();
  }

  @Test
  void namesTheColumnOfABadValue() {
    assertThatThrownBy(() -> read("{\"id\":null}"))
        .isInstanceOf(UnwritableException.class)
        .hasMessage("column id: NULL, but the column is UInt8");
  }

  @Test
  void namesTableColumnAndStatementForAColumnTheTableLacks() {
    assertThatThrownBy(() -> read("{\"id\":1,\"colour\":\"red\"}"))
        .isInstanceOf(SchemaMismatchException.class)
        .hasMessageContaining("`platform`.`things` has no column `colour`")
        .hasMessageContaining(
            "ALTER TABLE `platform`.`things` ADD COLUMN `colour` Nullable(String)");
  }

  @Test
  void namesEveryColumnOfATypeItCannotWrite() {
    TableSchema schema =
        new TableSchema(
            "platform", "t", List.of(new Column("a", "IPv4"), new Column("b", "Array(Int8)")));

    assertThatThrownBy(() -> new RowImage(schema))
        .isInstanceOf(SchemaMismatchException.class)
        .hasMessageContaining("a: type IPv4")
        .hasMessageContaining("b: type Array(Int8)");
  }

  private void read(String json) throws Exception {
    read(json, image);
  }

  private static void read(String json, RowImage into) throws Exception {
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      parser.nextToken();
      into.read(parser);
    }
  }

  private byte[] row() {
    RowBuffer out = new RowBuffer();
    for (int column = 0; column < SCHEMA.columns().size(); column++) {
      image.writeCell(column, out);
    }
    return out.toByteArray();
  }
}
