import { execa } from "execa";
import { ofThisStack } from "./stack";
import { Watch } from "./watch";

/** Between two attempts to listen to a Docker that is away. Milliseconds. */
const interval = 250;

/**
 * Watches which containers run out of memory. It listens to Docker all the time, and again once Docker was away: asked
 * afterwards, Docker tells of its last 256 events only, and health checks make as many in a minute.
 */
export class MemoryWatch {
  private readonly since = String(Date.now() / 1000);
  private readonly stopping = new AbortController();
  private readonly watch = new Watch(interval, () => this.listen());
  private readonly found = new Set<string>();
  private trouble = "";

  start(): void {
    this.watch.start();
  }

  /**
   * Ends it.
   *
   * @returns the containers that ran out of memory
   * @throws Error if it could not listen in the end
   */
  async stop(): Promise<string[]> {
    this.stopping.abort();
    await this.watch.stop();
    if (this.trouble) throw new Error(`nobody knows whether containers ran out of memory: ${this.trouble}`);
    return [...this.found];
  }

  private async listen(): Promise<void> {
    const wanted = ["--since", this.since, "--filter", "event=oom", ...ofThisStack];
    const { stdout, stderr, isCanceled } = await execa(
      "docker",
      ["events", ...wanted, "--format", "{{.Actor.Attributes.name}}"],
      { reject: false, cancelSignal: this.stopping.signal },
    );
    for (const name of stdout.split("\n").filter(Boolean)) this.found.add(name);
    this.trouble = isCanceled ? "" : `docker events ended by itself: ${stderr}`;
  }
}
