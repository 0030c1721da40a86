/** Amounts are whole cents in a bigint between the edges of the service, and text at the edges. Never a float. */

/** The largest DECIMAL(12,2). */
export const largestAmount = 999_999_999_999n;

const decimalText = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * Reads an amount from the text of a JSON number, or from a string of the same form: `100`, `19.99`, `1e2`.
 *
 * @returns whole cents, or what is wrong with the text, as the end of a sentence that begins with the field's name
 */
export function parseAmount(text: string): { cents: bigint } | { problem: string } {
  const match = decimalText.exec(text);
  if (!match) return { problem: "must be a decimal number like 19.99" };
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (sign) return { problem: "must not be negative" };

  const digits = (whole + fraction).replace(/^0+(?=\d)/, "");
  const decimals = Math.max(0, fraction.length - Number(exponent));
  if (decimals > 2) return { problem: "must have at most two decimals" };
  const zeros = 2 + Number(exponent) - fraction.length;
  // The length first: a short text with a large exponent must not become a huge number.
  if (digits !== "0" && digits.length + zeros > largestAmount.toString().length) return tooLarge;
  const cents = digits === "0" ? 0n : BigInt(digits + "0".repeat(zeros));
  return { cents };
}

const tooLarge = { problem: `must be at most ${formatAmount(largestAmount)}` };

/** Whole cents as text with two decimals: `1999n` is `"19.99"`. */
export function formatAmount(cents: bigint): string {
  const digits = cents.toString().padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** The price of one piece: the total divided by the quantity, rounded half up to the cent. */
export function unitPrice(totalCents: bigint, quantity: number): bigint {
  const pieces = BigInt(quantity);
  return (2n * totalCents + pieces) / (2n * pieces);
}
