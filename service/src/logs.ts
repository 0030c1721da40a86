import { DynamicModule } from "@nestjs/common";
import { LoggerModule } from "nestjs-pino";
import type { LogLevel } from "./settings";

interface LoggedRequest {
  readonly id: string | number;
  readonly method: string;
  readonly url: string;
}

/** One JSON line per request on standard output, and the service's own lines. Health checks only when they fail. */
export function jsonLogs(level: LogLevel): DynamicModule {
  return LoggerModule.forRoot({
    pinoHttp: {
      level,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      // Headers are left out: they are long, and may hold what nobody should log.
      serializers: {
        req: ({ id, method, url }: LoggedRequest) => ({ id, method, url }),
        res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
      },
      // Errors have lines of their own, with more in them.
      customErrorObject: (_request, _response, _error, { err: _err, ...line }: Record<string, unknown>) =>
        line,
      customLogLevel: (request, response, error) => {
        if (error || response.statusCode >= 500) return "error";
        return request.url?.startsWith("/health") ? "debug" : "info";
      },
    },
  });
}
