import test from "ava";
import { stackLabel } from "../../components/stack";
import { docker, pulumi, stackName } from "../lib/stack";

test("`pulumi destroy` leaves no container, network or volume", async (t) => {
  await pulumi("destroy", "--yes", "--skip-preview");
  const filter = ["--quiet", "--filter", `label=${stackLabel}=${stackName}`];
  t.is(await docker("ps", "--all", ...filter), "");
  t.is(await docker("network", "ls", ...filter), "");
  t.is(await docker("volume", "ls", ...filter), "");
});
