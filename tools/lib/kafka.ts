import { Kafka, logLevel } from "kafkajs";
import type { StackOutputs } from "./pulumi";

/** A client of a stack's broker that keeps quiet: what fails is thrown. */
export function kafkaOf({ kafkaBootstrap }: Pick<StackOutputs, "kafkaBootstrap">): Kafka {
  return new Kafka({ clientId: "tributary-tools", brokers: [kafkaBootstrap], logLevel: logLevel.NOTHING });
}
