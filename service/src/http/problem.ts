import { z } from "zod";

/** One thing that is wrong with a request. */
export interface InputProblem {
  /** The field it is about; `null` for the request as a whole. */
  readonly field: string | null;
  /** A sentence, in plain words. */
  readonly message: string;
}

/** The body of every answer that is not a success. */
export const problemBody = z.object({
  statusCode: z.int().meta({ example: 400 }),
  error: z.string().meta({ description: "The status in words", example: "Bad Request" }),
  problems: z
    .array(
      z.object({
        field: z
          .string()
          .nullable()
          .meta({ description: "The field it is about, null for the whole request" }),
        message: z.string().meta({ example: "quantity must be a whole number from 1 to 2147483647" }),
      }),
    )
    .meta({ description: "Everything that is wrong, not only the first thing" }),
});

/** The request cannot be carried out as it stands; the client has to change it. */
export class BadInput extends Error {
  constructor(
    readonly problems: readonly InputProblem[],
    readonly statusCode = 400,
  ) {
    super(problems.map(({ message }) => message).join("; "));
    this.name = "BadInput";
  }
}

/** There is no such thing. */
export class NotFound extends BadInput {
  constructor(what: string) {
    super([{ field: null, message: `there is no ${what}` }], 404);
  }
}

/** A server that the request needs is away; the same request may succeed later. */
export class Unavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Unavailable";
  }
}
