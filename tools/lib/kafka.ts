import { Kafka, logLevel, type Admin } from "kafkajs";
import type { StackOutputs } from "./pulumi";

/** A client of a stack's broker that keeps quiet: what fails is thrown. */
export function kafkaOf({ kafkaBootstrap }: Pick<StackOutputs, "kafkaBootstrap">): Kafka {
  return new Kafka({ clientId: "tributary-tools", brokers: [kafkaBootstrap], logLevel: logLevel.NOTHING });
}

/** Offsets of a topic, by partition. */
export type Offsets = ReadonlyMap<number, bigint>;

/** Asks the broker with a connection of its own, which is closed again. */
export async function withAdmin<T>(kafka: Kafka, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Where a topic's partitions begin. */
export async function beginsOf(admin: Admin, topic: string): Promise<Offsets> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(offsets.map(({ partition, low }) => [partition, BigInt(low)]));
}

/** Where those who read what is committed come to an end now: before the first transaction that is open. */
export async function endsOf(admin: Admin, topic: string): Promise<Offsets> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
}

/** How far a group has come in a topic; without the partitions of which it has committed nothing. */
export async function committedBy(admin: Admin, groupId: string, topic: string): Promise<Offsets> {
  const groups = await admin.fetchOffsets({ groupId, topics: [topic] });
  const offsets = groups.flatMap(({ partitions }) => partitions);
  return new Map(
    offsets
      .map(({ partition, offset }) => [partition, BigInt(offset)] as const)
      .filter(([, offset]) => offset >= 0n),
  );
}
