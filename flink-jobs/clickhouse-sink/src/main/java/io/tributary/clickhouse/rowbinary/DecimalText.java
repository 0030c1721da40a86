package io.tributary.clickhouse.rowbinary;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Decimal numbers as text, written exactly or not at all. */
final class DecimalText {
  /** So many digits always fit a long. */
  private static final int LONG_DIGITS = 18;

  private static final int INT_DIGITS = 9;

  private DecimalText() {}

  /** Bytes of a {@code Decimal(precision, …)}: 4, 8, 16 or 32. */
  static int width(int precision) {
    if (precision <= INT_DIGITS) {
      return 4;
    }
    if (precision <= LONG_DIGITS) {
      return 8;
    }
    return precision <= 38 ? 16 : 32;
  }

  /**
   * Writes a {@code Decimal(precision, scale)}.
   *
   * @throws BadValueException if the text is no number, or one that the column would have to round
   */
  static void write(char[] text, int offset, int length, int precision, int scale, RowBuffer out)
      throws BadValueException {
    if (precision <= LONG_DIGITS && length <= LONG_DIGITS) {
      writeSmall(text, offset, length, precision, scale, out);
    } else {
      writeUnscaled(exact(text, offset, length, precision, scale), width(precision), out);
    }
  }

  private static void writeSmall(
      char[] text, int offset, int length, int precision, int scale, RowBuffer out)
      throws BadValueException {
    int end = offset + length;
    boolean negative = length > 0 && text[offset] == '-';
    long unscaled = 0;
    int digits = 0;
    int fraction = -1;
    for (int i = negative ? offset + 1 : offset; i < end; i++) {
      int digit = text[i] - '0';
      if (digit >= 0 && digit <= 9) {
        unscaled = unscaled * 10 + digit;
        digits++;
        if (fraction >= 0) {
          fraction++;
        }
      } else if (text[i] == '.' && fraction < 0) {
        fraction = 0;
      } else {
        digits = 0;
        break;
      }
    }
    int shift = scale - Math.max(fraction, 0);
    if (digits == 0 || shift < 0 || digits + shift > LONG_DIGITS) {
      // Not the usual spelling: an exponent, zeros beyond the scale, or no number at all.
      writeUnscaled(exact(text, offset, length, precision, scale), width(precision), out);
      return;
    }
    for (int i = 0; i < shift; i++) {
      unscaled *= 10;
    }
    if (unscaled >= pow10(precision)) {
      throw tooLarge(text, offset, length, precision, scale);
    }
    long value = negative ? -unscaled : unscaled;
    if (width(precision) == 4) {
      out.int32((int) value);
    } else {
      out.int64(value);
    }
  }

  private static long pow10(int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= 10;
    }
    return power;
  }

  private static BigInteger exact(char[] text, int offset, int length, int precision, int scale)
      throws BadValueException {
    BigDecimal number;
    try {
      number = new BigDecimal(text, offset, length).stripTrailingZeros();
    } catch (NumberFormatException | ArithmeticException e) {
      throw new BadValueException(
          "%s is not a decimal number".formatted(BadValueException.quote(text, offset, length)));
    }
    if (number.scale() > scale) {
      throw new BadValueException(
          "%s has more than the column's %d decimals"
              .formatted(BadValueException.quote(text, offset, length), scale));
    }
    if (number.signum() == 0) {
      return BigInteger.ZERO;
    }
    // Before setScale, which would spell out every zero of 1e999999999.
    if ((long) number.precision() - number.scale() > precision - scale) {
      throw tooLarge(text, offset, length, precision, scale);
    }
    return number.setScale(scale).unscaledValue();
  }

  private static void writeUnscaled(BigInteger unscaled, int width, RowBuffer out) {
    byte[] bigEndian = unscaled.toByteArray();
    for (int i = bigEndian.length - 1; i >= 0; i--) {
      out.int8(bigEndian[i]);
    }
    out.fill(unscaled.signum() < 0 ? 0xFF : 0, width - bigEndian.length);
  }

  private static BadValueException tooLarge(
      char[] text, int offset, int length, int precision, int scale) {
    return new BadValueException(
        "%s does not fit Decimal(%d, %d)"
            .formatted(BadValueException.quote(text, offset, length), precision, scale));
  }
}
