/** OpenAPI from the same zod schemas that check requests, so that the two cannot disagree. */
import { STATUS_CODES } from "node:http";
import { applyDecorators, INestApplication } from "@nestjs/common";
import { ApiBody, ApiParam, ApiQuery, ApiResponse, DocumentBuilder, SwaggerModule } from "@nestjs/swagger";
import { z } from "zod";
import { problemBody } from "./problem";

type SchemaObject = Exclude<
  Extract<Parameters<typeof ApiBody>[0], { schema: unknown }>["schema"],
  { $ref: string }
>;

/** Serves the description at `/docs`, and as JSON at `/docs-json`. */
export function describeApi(app: INestApplication): void {
  const description = new DocumentBuilder()
    .setTitle("Tributary platform")
    .setDescription("Orders into MySQL, live numbers out of ClickHouse.")
    .setVersion("1")
    .build();
  SwaggerModule.setup("docs", app, () => SwaggerModule.createDocument(app, description));
}

/** The body of a request. */
export function ApiInput(schema: z.ZodType): MethodDecorator {
  return ApiBody({ required: true, schema: toSchemaObject(schema, "input") });
}

/** The parameters after the question mark. */
export function ApiQueryOf(schema: z.ZodType): MethodDecorator {
  const { properties = {}, required = [] } = toSchemaObject(schema, "input");
  return applyDecorators(
    ...Object.entries(properties).map(([name, property]) =>
      ApiQuery({ name, required: required.includes(name), schema: property as SchemaObject }),
    ),
  );
}

/** The order that a path is about. */
export function ApiOrderId(): MethodDecorator {
  return ApiParam({ name: "order_id", schema: { type: "integer", minimum: 1 } });
}

/** A success. */
export function ApiAnswer(
  status: number,
  schema: z.ZodType | undefined,
  description: string,
): MethodDecorator {
  return ApiResponse({ status, description, ...(schema && { schema: toSchemaObject(schema, "output") }) });
}

/** What else may come back; always of the same form. */
export function ApiProblems(...statuses: number[]): MethodDecorator {
  const schema = toSchemaObject(problemBody, "output");
  return applyDecorators(
    ...statuses.map((status) => ApiResponse({ status, description: STATUS_CODES[status] ?? "", schema })),
  );
}

function toSchemaObject(schema: z.ZodType, io: "input" | "output"): SchemaObject {
  return z.toJSONSchema(schema, { io, target: "openapi-3.0", unrepresentable: "any" }) as SchemaObject;
}
