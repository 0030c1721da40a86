import type { FastifyInstance } from "fastify";
import { parse } from "lossless-json";
import { BadInput } from "./problem";

/** The largest body that is read; bytes. An order is a few hundred. */
export const bodyLimit = 64 * 1024;

/** A number as it was written in a JSON text, before any rounding to a float. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

/**
 * Parses JSON, keeping numbers as they were written.
 *
 * @throws BadInput saying where the text stops being JSON
 */
export function parseJson(text: string): unknown {
  try {
    return parse(text, undefined, (number) => new JsonNumber(number));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : "it is nested too deeply";
    throw new BadInput([{ field: null, message: `the body is not valid JSON: ${reason}` }]);
  }
}

/**
 * Bodies are JSON, parsed by `parseJson`; any other content type is refused. An empty body is none, whatever its type:
 * many clients send the type with every request, a `DELETE` too.
 */
export function acceptJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    "application/json",
    { parseAs: "string", bodyLimit },
    (_request, body, done) => {
      try {
        done(null, body === "" ? undefined : parseJson(body as string));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}
