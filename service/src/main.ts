import "reflect-metadata";
import { Logger } from "@nestjs/common";
import { createApp } from "./app";
import { readSettings } from "./settings";

/** Requests under way get this long to finish after SIGTERM. Milliseconds, less than Docker's ten seconds. */
const stopWithin = 8_000;

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const app = await createApp(settings);
  await app.listen(settings.port, "0.0.0.0");

  const logger = new Logger("Main");
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    logger.log(`${signal}: no new requests, finishing those under way`);
    setTimeout(() => {
      logger.error(`requests still under way after ${stopWithin} ms are cut off`);
      process.exit(1);
    }, stopWithin).unref();
    await app.close();
    logger.log("stopped");
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, (name) => void stop(name));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
