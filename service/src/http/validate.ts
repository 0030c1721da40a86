import { PipeTransform } from "@nestjs/common";
import type { z } from "zod";
import { BadInput, InputProblem } from "./problem";

/** Checks a body, query or parameter against a schema: `@Body(new Validate(createOrder)) input: CreateOrder`. */
export class Validate<Schema extends z.ZodType> implements PipeTransform<unknown, z.output<Schema>> {
  constructor(private readonly schema: Schema) {}

  transform(value: unknown): z.output<Schema> {
    return validate(this.schema, value);
  }
}

/**
 * @returns the value as the schema transforms it
 * @throws BadInput listing everything that is wrong
 */
export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new BadInput(result.error.issues.flatMap(toProblems));
}

function toProblems(issue: z.core.$ZodIssue): InputProblem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ field: key, message: `${key} is not a known property` }));
  }
  const field = issue.path.length > 0 ? issue.path.join(".") : null;
  return [{ field, message: field === null ? issue.message : `${field} ${issue.message}` }];
}
