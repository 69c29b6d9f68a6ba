/**
 * A small kind of actor for the engine's own tests: a counter with every kind of event and effect.
 */
import { assign, setup } from "xstate";
import { PlatformError } from "#schemas/errors.ts";
import { formatAddress } from "#schemas/address.ts";
import { type ActorEvent, defineActor, type PlainEvent } from "../actor.ts";
import { effectActions } from "../effects.ts";

export interface CounterContext {
  readonly count: number;
  readonly sampled: number;
  readonly key: string;
}

const fields = (event: unknown): Record<string, unknown> => event as Record<string, unknown>;

export const counterMachine = setup({
  types: {
    context: {} as CounterContext,
    events: {} as ActorEvent,
    input: {} as { readonly key: string },
  },
  actions: {
    ...effectActions,
    recordAdd: assign(({ context, event }) => ({
      count: context.count + Number(fields(event)["by"] ?? 1),
    })),
  },
  guards: {
    isPoison: ({ event }) => {
      if (fields(event)["poison"] === true) throw new Error("poisoned");
      return false;
    },
  },
  delays: { rest: 60_000 },
}).createMachine({
  id: "counter",
  context: ({ input }) => ({ count: 0, sampled: 0, key: input.key }),
  initial: "counting",
  on: {
    add: [{ guard: "isPoison" }, {
      actions: [
        "recordAdd",
        { type: "reply", params: ({ context }) => ({ value: { count: context.count } }) },
        {
          type: "fact",
          params: ({ context }) => ({
            name: "counter.added",
            id: context.key,
            data: { count: context.count },
          }),
        },
      ],
    }],
    "add.drawn": {
      actions: [
        assign(({ context, event }) => ({
          count: context.count + Number((event as ActorEvent).inputs["drawn"]),
        })),
        { type: "reply", params: ({ context }) => ({ value: { count: context.count } }) },
      ],
    },
    "add.own": {
      actions: [
        assign(({ context, event }) => ({
          count: context.count + Number((event as ActorEvent).inputs["drawn"]),
        })),
        { type: "reply", params: ({ context }) => ({ value: { count: context.count } }) },
      ],
    },
    pass: {
      actions: {
        type: "forward",
        params: ({ event }) => ({ to: String(fields(event)["to"]), event: { type: "add", by: 1 } }),
      },
    },
    ship: {
      actions: [{
        type: "tell",
        params: ({ event }) => ({ to: String(fields(event)["to"]), event: { type: "add", by: 1 } }),
      }, { type: "reply", params: { value: "shipped" } }],
    },
  },
  states: {
    counting: {
      on: { rest: { target: "resting", actions: { type: "reply", params: { value: "ok" } } } },
    },
    resting: {
      on: {
        rest: {
          target: "resting",
          reenter: true,
          actions: { type: "reply", params: { value: "on" } },
        },
      },
      after: { rest: { target: "counting", actions: "recordAdd" } },
    },
  },
});

export const counterKind = defineActor<CounterContext, ActorEvent>({
  kind: "counter",
  revision: 1,
  machine: counterMachine,
  initialInput: ({ key }) => ({ key }),
  receive: ({ header, body }): PlainEvent => {
    if (header.type === "nonsense") throw new PlatformError("unknown-action", "Cannot do nonsense");
    return { ...(body as object), type: header.type };
  },
  route: (event) => {
    const to = event["route"];
    return typeof to === "string" ? { tenant: "default", kind: "counter", key: to } : undefined;
  },
  classify: ({ type }) =>
    type === "sample"
      ? "sample"
      : type === "beat"
      ? "beat"
      : type === "read"
      ? "question"
      : "transition",
  inputs: ({ type }) =>
    type === "add.drawn"
      ? [{ name: "drawn", source: "draw", request: null }]
      : type === "add.own"
      ? [{ name: "drawn", source: "draw", request: null, readsOwnRows: true }]
      : [],
  fold: (_event, context) => ({
    context: { ...context, sampled: context.sampled + 1 },
    reply: { sampled: context.sampled + 1 },
  }),
  answer: (_event, { count, sampled }, value) => ({ count, sampled, value }),
  views: ({ count }, _value, address) => [
    { table: "counters", id: formatAddress(address), row: { count } },
  ],
  snapshot: {
    version: 1,
    encode: (context) => context,
    decode: ({ value, context }) => ({ value, context: context as CounterContext }),
  },
});
