package io.tributary.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.common.ChangeEvent.Op;
import org.junit.jupiter.api.Test;

class ChangeEventTest {
  @Test
  void everyOperationIsFoundByItsLetter() {
    for (Op op : Op.values()) {
      assertThat(Op.ofCode(op.code())).isEqualTo(op);
    }
  }

  @Test
  void anUnknownLetterIsNamed() {
    assertThatThrownBy(() -> Op.ofCode("x")).hasMessage("unknown op \"x\"");
  }
}
