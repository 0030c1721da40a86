package io.tributary.clickhouse.rowbinary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecimalTextTest {

  record Case(BigDecimal number, int precision) {
    int scale() {
      return number.scale();
    }
  }

  @Provide
  Arbitrary<Case> numbers() {
    return Arbitraries.integers()
        .between(1, 76)
        .flatMap(
            precision -> {
              BigInteger largest = BigInteger.TEN.pow(precision).subtract(BigInteger.ONE);
              return Combinators.combine(
                      Arbitraries.bigIntegers().between(largest.negate(), largest),
                      Arbitraries.integers().between(0, precision))
                  .as((unscaled, scale) -> new Case(new BigDecimal(unscaled, scale), precision));
            });
  }

  @Property
  void writesEveryNumberExactly(@ForAll("numbers") Case given) throws BadValueException {
    byte[] bytes = write(given.number.toPlainString(), given.precision, given.scale());

    assertThat(bytes).hasSize(DecimalText.width(given.precision));
    assertThat(new BigDecimal(littleEndian(bytes), given.scale())).isEqualTo(given.number);
  }

  @ParameterizedTest
  @CsvSource({
    "100.00, 12, 2, 10000",
    "-0.01, 12, 2, -1",
    "5, 12, 2, 500",
    "5.5, 12, 2, 550",
    "1.50000000000000000000, 12, 2, 150",
    "1e3, 9, 2, 100000",
    ".5, 9, 2, 50",
    "9999999999.99, 12, 2, 999999999999",
    "0e9999999, 9, 2, 0",
  })
  void takesEverySpelling(String text, int precision, int scale, long unscaled)
      throws BadValueException {
    assertThat(littleEndian(write(text, precision, scale))).isEqualTo(unscaled);
  }

  @ParameterizedTest
  @CsvSource({
    "1.005, 12, 2",
    "1.0000000000000000000001, 12, 2",
    "10000000000.00, 12, 2",
    "1e999999999, 12, 2",
    "100e2147483647, 12, 2",
    "100000000, 9, 2",
    "'', 12, 2",
    "-, 12, 2",
    "1.2.3, 12, 2",
    "1 000, 12, 2",
    "NaN, 12, 2",
    "abc, 38, 2",
  })
  void neverRoundsCutsOrGuesses(String text, int precision, int scale) {
    assertThatThrownBy(() -> write(text, precision, scale)).isInstanceOf(BadValueException.class);
  }

  private static byte[] write(String text, int precision, int scale) throws BadValueException {
    RowBuffer out = new RowBuffer();
    DecimalText.write(text.toCharArray(), 0, text.length(), precision, scale, out);
    return out.toByteArray();
  }

  private static BigInteger littleEndian(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[bytes.length - 1 - i] = bytes[i];
    }
    return new BigInteger(reversed);
  }
}
