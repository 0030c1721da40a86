import { fstatSync } from "node:fs";

/**
 * Ends this provider's process together with the `pulumi` that asks for its work. One that is killed cannot tell, and its
 * provider would go on with the job beside that of the next `up`. But it holds the other end of its providers' standard
 * input, and never writes there: the input ends when it does.
 */
export function endWithPulumi(): void {
  if (!fstatSync(0).isFIFO()) return;
  process.stdin.once("end", () => process.exit(1)).resume();
}
