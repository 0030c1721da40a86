import * as pulumi from "@pulumi/pulumi";

export interface GrowOnlyArgs {
  /** The setting's name, for the message. */
  what: string;
  value: number;
  /** What making it smaller would cost; completes "… cannot shrink: …". */
  why: string;
}

const growOnlyProvider: pulumi.dynamic.ResourceProvider = {
  check: async (olds: Partial<GrowOnlyArgs>, news: GrowOnlyArgs) => {
    const shrinks = olds.value !== undefined && news.value < olds.value;
    const reason = `${news.what} cannot shrink from ${olds.value} to ${news.value}: ${news.why}`;
    return { inputs: news, failures: shrinks ? [{ property: "value", reason }] : [] };
  },
  create: async (inputs: GrowOnlyArgs) => ({ id: inputs.what, outs: { current: inputs.value } }),
  diff: async (_id, olds: { current: number }, news: GrowOnlyArgs) => ({
    changes: olds.current !== news.value,
  }),
  update: async (_id, _olds, news: GrowOnlyArgs) => ({ outs: { current: news.value } }),
};

/** A number that may grow from one deployment to the next. A smaller one is refused at preview, before any change. */
export class GrowOnly extends pulumi.dynamic.Resource {
  declare readonly current: pulumi.Output<number>;

  constructor(name: string, args: GrowOnlyArgs, opts?: pulumi.CustomResourceOptions) {
    super(growOnlyProvider, name, { current: undefined, ...args }, opts, "tributary", "GrowOnly");
  }
}
