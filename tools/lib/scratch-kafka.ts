import { randomBytes } from "node:crypto";
import { execa } from "execa";
import { brokerSettings, clusterId, heapOptions } from "../../components/kafka";
import { tcpCheck } from "../../components/server";
import { ports } from "../../components/stack";
import type { Size } from "../../components/units";
import { imageReference, recordedImageSource } from "../../images/reference";
import { waitUntil } from "./wait";

const memory: Size = "768 MB";

/** How long a busy machine may take to start the broker. Milliseconds. */
const patience = 60_000;

/** A Kafka in the network of another container, for tests there, with the settings of a stack's. */
export class ScratchKafka {
  private constructor(private readonly container: string) {}

  /** Where it is, for all that share the network. */
  readonly bootstrap = `localhost:${ports.kafka}`;

  /**
   * Starts one and waits until it answers.
   *
   * @param beside the container whose network it joins
   */
  static async start(beside: string): Promise<ScratchKafka> {
    const name = `tributary-scratch-kafka-${randomBytes(4).toString("hex")}`;
    const kafka = new ScratchKafka(name);
    const environment = {
      CLUSTER_ID: clusterId,
      KAFKA_HEAP_OPTS: heapOptions(memory),
      ...brokerSettings(kafka.bootstrap, "15 minutes"),
      // The broker talks to itself too, and has no name in that network.
      KAFKA_ADVERTISED_LISTENERS: `INTERNAL://localhost:9092,EXTERNAL://${kafka.bootstrap}`,
    };
    const bytes = memory.replace(" MB", "m");
    await execa("docker", [
      ...["run", "--detach", "--name", name, "--network", `container:${beside}`],
      ...["--memory", bytes, "--memory-swap", bytes],
      ...Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
      imageReference("kafka", recordedImageSource() ?? "packages"),
    ]);
    try {
      await waitUntil(`${name} to answer`, patience, new AbortController().signal, () => kafka.complaint());
    } catch (error) {
      await kafka.remove();
      throw error;
    }
    return kafka;
  }

  /** Takes the container and its data away. */
  async remove(): Promise<void> {
    await execa("docker", ["rm", "--force", "--volumes", this.container], { reject: false });
  }

  private async complaint(): Promise<string | undefined> {
    const check = ["exec", this.container, "bash", "-c", tcpCheck(ports.kafka)];
    const { exitCode, stderr } = await execa("docker", check, { reject: false });
    return exitCode === 0 ? undefined : stderr;
  }
}
