import test from "ava";
import { docker, ofThisStack, pulumi } from "../lib/stack";

test("`pulumi destroy` leaves no container, network or volume", async (t) => {
  await pulumi("destroy", "--yes", "--skip-preview");
  t.is(await docker("ps", "--all", "--quiet", ...ofThisStack), "");
  t.is(await docker("network", "ls", "--quiet", ...ofThisStack), "");
  t.is(await docker("volume", "ls", "--quiet", ...ofThisStack), "");
});
