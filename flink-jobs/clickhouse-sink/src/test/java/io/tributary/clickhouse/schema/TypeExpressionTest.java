package io.tributary.clickhouse.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TypeExpressionTest {

  @Test
  void takesNestedTypesApart() {
    TypeExpression type = TypeExpression.parse("Nullable(Decimal(12, 2))");

    assertThat(type.name()).isEqualTo("Nullable");
    assertThat(TypeExpression.parse(type.arguments().get(0)))
        .isEqualTo(new TypeExpression("Decimal", List.of("12", "2")));
  }

  @Test
  void keepsCommasAndParenthesesInsideQuotes() {
    assertThat(TypeExpression.parse("Enum8('a, b' = 1, 'c(\\'d' = -2)").arguments())
        .containsExactly("'a, b' = 1", "'c(\\'d' = -2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Decimal(12", "Enum8('a = 1)", "Tuple(Decimal(1, 2)", "Array(Int8))"})
  void refusesWhatDoesNotMatch(String type) {
    assertThatIllegalArgumentException().isThrownBy(() -> TypeExpression.parse(type));
  }
}
