import { STATUS_CODES } from "node:http";
import { ArgumentsHost, Catch, ExceptionFilter, HttpException, Logger } from "@nestjs/common";
import type { FastifyReply } from "fastify";
import type { z } from "zod";
import { BadInput, InputProblem, problemBody, Unavailable } from "./problem";

type ProblemBody = z.infer<typeof problemBody>;

/** Turns whatever was thrown into an answer of one form. What it cannot explain is logged and not shown. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger("Problem");

  catch(error: unknown, host: ArgumentsHost): void {
    const body = toProblemBody(error);
    if (error instanceof Unavailable) this.logger.warn(error.message);
    else if (body.statusCode >= 500) this.logger.error(error);
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (body.statusCode === 503) void reply.header("retry-after", "1");
    void reply.code(body.statusCode).send(body);
  }
}

/** The answer to an error: status and everything that is wrong. */
export function toProblemBody(error: unknown): ProblemBody {
  if (error instanceof BadInput) return bodyOf(error.statusCode, error.problems);
  const statusCode = statusOf(error);
  return bodyOf(statusCode, [{ field: null, message: messageFor(statusCode, error) }]);
}

/** Errors of Nest and Fastify (no such address, body too large, wrong content type) carry their status. */
function statusOf(error: unknown): number {
  if (error instanceof Unavailable) return 503;
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === "number" ? statusCode : 500;
}

function messageFor(statusCode: number, error: unknown): string {
  if (statusCode === 415) return "send JSON, with the header Content-Type: application/json";
  if (statusCode === 500) return "something went wrong in the service; its log says what";
  return error instanceof Error ? error.message : "";
}

function bodyOf(statusCode: number, problems: readonly InputProblem[]): ProblemBody {
  return { statusCode, error: STATUS_CODES[statusCode] ?? "Error", problems: [...problems] };
}
