/**
 * The one table of images. A server's image is either the official one or, where no registry can be reached, built
 * from packages by the folder of its name; both keep the official image's contract, so the graph sees no difference.
 */

/** How one image comes about. */
export interface ImageSpec {
  /** The official image with its exact tag. Without it the image exists in the `packages` variant only. */
  readonly official?: string;
  /** The image is built from its folder even where the official one can be had, on top of that. */
  readonly extendsOfficial?: boolean;
  /** The image of ours that the `packages` variant is built on. Without it the folder's `build.sh` makes it from nothing. */
  readonly base?: ImageName;
  /** Files and folders outside its own folder that go into it, relative to the checkout. */
  readonly sources?: readonly string[];
  /** What its `prepare.sh` needs, if it has one: it makes files for the image in a builder container. */
  readonly prepareWith?: BuilderTool;
}

/** What a builder container is for. */
export type BuilderTool = "go" | "java" | "node" | "c";

/** The images that servers run from. */
export type ServerImage = "mysql" | "kafka" | "flink" | "clickhouse" | "nginx" | "platform-api";

/** All images: servers', and those they are built on or with. */
export type ImageName = ServerImage | "base" | "jre" | "builder";

export const catalog: Readonly<Record<ImageName, ImageSpec>> = {
  base: {},
  jre: { base: "base" },
  builder: { base: "base" },
  mysql: { official: "mysql:9.7.2", base: "base" },
  // Not Kafka 4.3: a broker that is stopped may forget to end a transaction that it calls committed (KAFKA-20734).
  kafka: { official: "confluentinc/cp-kafka:8.2.1", base: "jre", prepareWith: "java" },
  flink: {
    official: "flink:1.20.5-java17",
    extendsOfficial: true,
    base: "jre",
    sources: ["flink-jobs/pom.xml", "flink-jobs/cluster-lib/pom.xml", "flink-jobs/cluster-lib/src/main"],
    prepareWith: "java",
  },
  clickhouse: { official: "clickhouse/clickhouse-server:26.7.5.10", base: "base", prepareWith: "c" },
  nginx: { official: "nginx:1.30.4", base: "base" },
  "platform-api": {
    official: "node:24.19.0-bookworm-slim",
    extendsOfficial: true,
    base: "base",
    sources: [
      "service/package.json",
      "service/package-lock.json",
      "service/.npmrc",
      "service/tsconfig.json",
      "service/tsconfig.build.json",
      "service/src",
    ],
    prepareWith: "node",
  },
};

/** In the order of the path of a row. */
export const serverImages: readonly ServerImage[] = [
  "mysql",
  "flink",
  "kafka",
  "clickhouse",
  "platform-api",
  "nginx",
];

/** Official images that have what each kind of build needs. */
export const officialBuilders: Readonly<Record<BuilderTool, string>> = {
  go: "golang:1.27.0-bookworm",
  java: "maven:3.9.16-eclipse-temurin-17",
  node: "node:24.19.0-bookworm",
  c: "gcc:14.4.0",
};
