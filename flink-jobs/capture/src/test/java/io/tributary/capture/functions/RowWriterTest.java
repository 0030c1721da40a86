package io.tributary.capture.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringWriter;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonGenerator;
import org.junit.jupiter.api.Test;

class RowWriterTest {
  @Test
  void aStoredNullIsNoDefault() throws Exception {
    assertThat(written(SchemaBuilder.string().optional().defaultValue("none").build()))
        .isEqualTo("{\"note\":null}");
  }

  /** The source logs what it cannot convert, and goes on without it where there is a default. */
  @Test
  void aMissingValueThatCannotBeNullStopsForGood() {
    Schema notNull = SchemaBuilder.string().defaultValue("none").build();
    assertThatThrownBy(() -> written(notNull))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining("column note of platform.orders.Value");
  }

  private static String written(Schema note) throws Exception {
    Schema schema =
        SchemaBuilder.struct().name("platform.orders.Value").field("note", note).build();
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      new RowWriter().write(json, new Struct(schema));
    }
    return text.toString();
  }
}
