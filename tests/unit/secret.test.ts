import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import anyTest, { type TestFn } from "ava";
import { Secret, SecretFile } from "../../components/secret";
import {
  createSecret,
  deleteSecret,
  diffSecret,
  readSecret,
  updateSecret,
} from "../../components/secret/lifecycle";
import type { SecretRecord, SecretSpec } from "../../components/secret/lifecycle";

interface Context {
  /** A folder that the secrets' own folder is made in. */
  root: string;
  directory: string;
  spec: SecretSpec;
  path: string;
}

const test = anyTest as TestFn<Context>;

test.beforeEach(async (t) => {
  const root = await mkdtemp(join(tmpdir(), "secret-"));
  const directory = join(root, "secrets", "local");
  const path = join(directory, "mysql-password");
  t.context = { root, directory, path, spec: { path } };
});

test.afterEach.always((t) => rm(t.context.root, { recursive: true }));

/** As Pulumi hands inputs to a dynamic provider, which sees secrets in the clear. */
function unwrapped(inputs: SecretSpec): SecretSpec {
  return { ...inputs, value: pulumi.runtime.unwrapRpcSecret(inputs.value) as string };
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

test("a secret is 32 letters and digits, in a file that everybody may read in a folder that nobody may enter", async (t) => {
  const record = await createSecret(t.context.spec);
  t.regex(record.value, /^[A-Za-z0-9]{32}$/);
  t.is(record.path, t.context.path);
  t.is(await readFile(record.path, "utf8"), record.value);
  t.is(await modeOf(record.path), "444");
  t.is(await modeOf(t.context.directory), "700");
});

test.serial("the modes do not depend on the umask", async (t) => {
  const umask = process.umask(0o077);
  try {
    await createSecret(t.context.spec);
  } finally {
    process.umask(umask);
  }
  t.is(await modeOf(t.context.path), "444");
  t.is(await modeOf(t.context.directory), "700");
});

test("no two secrets are equal", async (t) => {
  const other = { path: `${t.context.path}-2` };
  t.not((await createSecret(t.context.spec)).value, (await createSecret(other)).value);
});

test("a rendered secret file holds its content", async (t) => {
  await createSecret({ ...t.context.spec, value: "<password>é</password>\n" });
  t.is(await readFile(t.context.path, "utf8"), "<password>é</password>\n");
});

test("refresh finds nothing to say of a sound file", async (t) => {
  const record = await createSecret(t.context.spec);
  t.deepEqual(await readSecret(record), record);
});

const damages: Record<string, (path: string) => Promise<void>> = {
  "was lost": (path) => rm(path),
  "was changed": (path) => chmod(path, 0o600).then(() => writeFile(path, "guess")),
  "has other permissions": (path) => chmod(path, 0o400),
  "lies in an open folder": (path) => chmod(join(path, ".."), 0o755),
  "became a folder": (path) =>
    rm(path)
      .then(() => mkdir(path))
      .then(() => undefined),
  "was lost with its folder": (path) => rm(join(path, ".."), { recursive: true }),
};
for (const [what, damage] of Object.entries(damages)) {
  test(`a file that ${what} is marked by refresh and written again with the same password`, async (t) => {
    const { spec, path } = t.context;
    const record = await createSecret(spec);
    await damage(path);
    const seen = await readSecret(record);
    t.truthy(seen.drift);
    t.false(seen.drift?.includes(record.value));
    t.is(seen.value, record.value);
    t.true(diffSecret(seen, spec).changes);
    t.deepEqual(await updateSecret(seen, spec), record);
    t.deepEqual(await readSecret(record), record);
  });
}

test("a file is written in place, so that containers keep seeing it", async (t) => {
  const record = await createSecret({ ...t.context.spec, value: "one" });
  const before = await stat(record.path);
  await updateSecret(record, { ...t.context.spec, value: "two" });
  t.is((await stat(record.path)).ino, before.ino);
  t.is(await readFile(record.path, "utf8"), "two");
});

test("a folder with something in it is not cleared away for a secret", async (t) => {
  await mkdir(join(t.context.path, "somebody's"), { recursive: true });
  await t.throwsAsync(createSecret(t.context.spec), { code: "ENOTEMPTY" });
});

test("a secret that moves keeps its password and leaves nothing where it was", async (t) => {
  const { root, directory, spec } = t.context;
  const record = await createSecret(spec);
  const moved = await updateSecret(record, { path: join(root, "moved", "password") });
  t.is(moved.value, record.value);
  t.is(await readFile(moved.path, "utf8"), record.value);
  await t.throwsAsync(stat(directory), { code: "ENOENT" });
});

test("only another place or content is a difference", async (t) => {
  const { spec } = t.context;
  const record = await createSecret(spec);
  t.false(diffSecret(record, spec).changes);
  t.true(diffSecret(record, { path: "/elsewhere" }).changes);
  t.true(diffSecret(record, { ...spec, value: "two" }).changes);
});

test("delete removes the file and a folder that has become empty", async (t) => {
  const { root, directory, spec } = t.context;
  const one = await createSecret(spec);
  const two = await createSecret({ path: join(directory, "other") });
  await deleteSecret(one);
  t.deepEqual(await readdir(directory), ["other"]);
  await deleteSecret(two);
  t.deepEqual(await readdir(join(root, "secrets")), []);
});

test("delete of what is gone already succeeds", async (t) => {
  const record = await createSecret(t.context.spec);
  await rm(t.context.directory, { recursive: true });
  await t.notThrowsAsync(deleteSecret(record));
});

test.serial("under Pulumi, contents are secret both ways, and the stored code works by itself", async (t) => {
  const { directory } = t.context;
  const asked: { type: string; inputs: SecretSpec & { __provider: string } }[] = [];
  await pulumi.runtime.setMocks({
    call: () => ({}),
    newResource: ({ type, inputs, name }) => {
      asked.push({ type, inputs: inputs as (typeof asked)[number]["inputs"] });
      return { id: name, state: inputs as Record<string, unknown> };
    },
  });
  const secret = new Secret("mysql-password", { directory: relative(process.cwd(), directory) });
  const file = new SecretFile("users.xml", { directory, content: "<password>plain</password>" });
  await new Promise((resolve) => pulumi.all([secret.urn, file.urn]).apply(resolve));
  t.deepEqual(asked.map(({ type }) => type).sort(), [
    "pulumi-nodejs:dynamic/tributary:Secret",
    "pulumi-nodejs:dynamic/tributary:SecretFile",
  ]);
  t.is(secret.name, "mysql-password");
  const [rendered] = asked.filter(({ type }) => type.endsWith(":SecretFile"));
  t.true(pulumi.runtime.isRpcSecret(rendered?.inputs.value));

  const load = createRequire(import.meta.url)("require-from-string") as (code: string) => {
    handler(): pulumi.dynamic.ResourceProvider;
  };
  for (const { inputs } of asked) {
    const provider = load(inputs.__provider).handler();
    const record = (await provider.create(unwrapped(inputs))).outs as SecretRecord;
    t.is(dirname(record.path), directory);
    t.is(await readFile(record.path, "utf8"), record.value);
    await provider.delete?.("", record);
  }
  await t.throwsAsync(stat(directory), { code: "ENOENT" });
});
