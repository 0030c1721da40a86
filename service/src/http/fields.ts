/** Schemas of single fields. Their messages are the end of a sentence that begins with the field's name. */
import { z } from "zod";
import { formatAmount, largestAmount, parseAmount } from "../money";
import { JsonNumber } from "./json-body";

/** A whole number of a JSON body, within bounds. */
export function wholeNumber(smallest: number, largest: number) {
  const rule = `must be a whole number from ${smallest} to ${largest}`;
  return z
    .unknown()
    .transform((value, context) => {
      if (value === undefined) return refuse(context, "is missing");
      // The text decides: rounding to a float could make a fraction whole. Some clients write 2 as 2.0.
      if (!(value instanceof JsonNumber) || !/^\d+(\.0+)?$/.test(value.text)) return refuse(context, rule);
      const number = Number(value.text);
      return number >= smallest && number <= largest ? number : refuse(context, rule);
    })
    .meta({ type: "integer", minimum: smallest, maximum: largest });
}

/** An amount of money of a JSON body, number or string; becomes text with two decimals. */
export function amount() {
  return z
    .unknown()
    .transform((value, context) => {
      if (value === undefined) return refuse(context, "is missing");
      const written = value instanceof JsonNumber ? value.text : value;
      if (typeof written !== "string") return refuse(context, "must be a decimal number like 19.99");
      const result = parseAmount(written);
      return "cents" in result ? formatAmount(result.cents) : refuse(context, result.problem);
    })
    .meta({
      oneOf: [
        { type: "number", minimum: 0, maximum: Number(largestAmount) / 100, multipleOf: 0.01 },
        { type: "string", pattern: "^\\d{1,10}(\\.\\d{1,2})?$" },
      ],
    });
}

/** Text that is stored exactly as it came. Characters are counted as MySQL counts them: an emoji is one. */
export function exactText(longest: number) {
  return z
    .string({ error: ({ input }) => (input === undefined ? "is missing" : "must be text") })
    .superRefine((value, context) => {
      const length = Array.from(value).length;
      if (value.trim() === "") context.addIssue("must not be empty");
      else if (length > longest) context.addIssue(`must be at most ${longest} characters, not ${length}`);
      else if (!value.isWellFormed()) context.addIssue("holds half a character (an unpaired surrogate)");
    })
    .meta({ minLength: 1, maxLength: longest });
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  const rule = `must be one of ${words.join(", ")}`;
  return z.enum(words, { error: ({ input }) => (input === undefined ? "is missing" : rule) });
}

/** A whole number of a URL, within bounds. */
export function wholeNumberText(smallest: number, largest: number) {
  const rule = `must be a whole number from ${smallest} to ${largest}`;
  return z
    .string(rule)
    .regex(/^\d{1,16}$/, rule)
    .transform(Number)
    .refine((value) => value >= smallest && value <= largest, rule)
    .meta({ type: "integer", minimum: smallest, maximum: largest });
}

function refuse(context: z.RefinementCtx, problem: string): never {
  context.addIssue(problem);
  return z.NEVER;
}
