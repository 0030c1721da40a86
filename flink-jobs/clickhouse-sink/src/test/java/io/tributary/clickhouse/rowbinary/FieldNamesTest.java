package io.tributary.clickhouse.rowbinary;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldNamesTest {
  private static final FieldNames NAMES = new FieldNames(List.of("a", "größe", "c"));

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '|',
      value = {
        "as expected; {\"a\":1,\"größe\":2,\"c\":3}; [a=0, größe=1, c=2]",
        "backwards; {\"c\":1,\"größe\":2,\"a\":3}; [c=2, größe=1, a=0]",
        "some; {\"größe\":1}; [größe=1]",
        "none; {}; []",
        "others between them; {\"x\":1,\"a\":2,\"ab\":3,\"größe\":4}; [x=-2, a=0, ab=-2, größe=1]",
        "one more at the end; {\"c\":1,\"d\":2}; [c=2, d=-2]",
        "twice; {\"a\":1,\"a\":2,\"c\":3,\"c\":4}; [a=0, a=0, c=2, c=2]",
        "with values of many parts; {\"a\":{\"c\":[1]},\"größe\":[{\"a\":1}]}; [a=0, größe=1]",
        "with spaces; { \"a\" : 1 , \"größe\" : 2 }; [a=0, größe=1]",
        "written with escapes; {\"\\u0061\":1,\"gr\\u00f6\\u00dfe\":2}; [a=0, größe=1]",
      })
  void knowsEachFieldInWhateverOrder(String what, String object, String fields) throws Exception {
    assertThat(fieldsOf(object)).as(what).hasToString(fields);
  }

  private static List<String> fieldsOf(String object) throws Exception {
    List<String> fields = new ArrayList<>();
    byte[] bytes = (object + " 7").getBytes(StandardCharsets.UTF_8);
    try (JsonParser json = new JsonFactory().createParser(bytes)) {
      json.nextToken();
      int field = FieldNames.END;
      while ((field = NAMES.next(json, field)) != FieldNames.END) {
        fields.add(json.currentName() + "=" + field);
        json.nextToken();
        json.skipChildren();
      }
      json.nextToken();
      assertThat(json.getIntValue()).as("what follows the object").isEqualTo(7);
    }
    return fields;
  }
}
