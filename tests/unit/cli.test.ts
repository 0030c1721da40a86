import test from "ava";
import { readSwitch } from "../../tools/lib/cli";

test("a switch is on or off by words, and no other word is guessed at", (t) => {
  for (const on of ["1", "yes", "true", "ON"]) t.true(readSwitch(on));
  for (const off of [undefined, "", " ", "0", "no", "False", "off"]) t.false(readSwitch(off));
  for (const other of ["2", "maybe", "orders"]) t.is(readSwitch(other), undefined);
});
