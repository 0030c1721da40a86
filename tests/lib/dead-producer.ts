import { execa } from "execa";
import { stackOutputs } from "./stack";

/** A transaction that nobody will finish. */
export interface OpenTransaction {
  readonly transactionalId: string;
  readonly topic: string;
  readonly partitions: readonly number[];
  /** When Kafka gives it up by itself. Milliseconds. */
  readonly timeout: number;
}

/** What its records say. */
export const neverCommitted = "never committed";

const script = `
  import { Kafka, logLevel } from "kafkajs";
  const [bootstrap, { transactionalId, topic, partitions, timeout }] = process.argv.slice(1).map((arg, i) => i ? JSON.parse(arg) : arg);
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const settings = { transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout: timeout };
  const producer = kafka.producer(settings);
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: partitions.map((partition) => ({ partition, value: "${neverCommitted}" })) });
  process.kill(process.pid, "SIGKILL");
`;

/** Has a producer begin a transaction, write a record to each of the partitions, and be killed. */
export async function leaveOpen(transaction: OpenTransaction): Promise<void> {
  const { kafkaBootstrap } = await stackOutputs();
  const args = ["--input-type=module", "--eval", script, kafkaBootstrap, JSON.stringify(transaction)];
  const { signal, stderr } = await execa(process.execPath, args, { reject: false });
  if (signal !== "SIGKILL") throw new Error(`the producer did not come to its end: ${stderr}`);
}
