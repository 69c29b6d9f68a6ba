/** Bugs to be planted, one at least for each checker, each as some code might really have it. */
import type { ActorKind, PlainEvent } from "#engine/actor.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { FenceRow } from "#engine/sim/sim_batch.ts";
import { stableHash, stationKey } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import { BAD } from "./bad_frames.ts";
import type { CheckerName } from "./checkers/verdict.ts";
import { calmPlan, type Plan } from "./plan.ts";
import type { Sabotage } from "./sabotage.ts";

export interface Mutation {
  readonly checker: CheckerName;
  /** What is wrong with the platform now. */
  readonly bug: string;
  /** A new one for each run: it may count. */
  readonly plant: () => Sabotage;
  readonly plan?: (seed: number) => Plan;
  readonly steps?: number;
}

/** The object with some of its methods replaced; those that stay keep their private state. */
function withMethods<Target extends object>(target: Target, methods: Partial<Target>): Target {
  return new Proxy(target, {
    get: (real, name) => {
      const replaced: unknown = Reflect.get(methods, name);
      if (replaced !== undefined) return replaced;
      const own: unknown = Reflect.get(real, name, real);
      return typeof own === "function" ? own.bind(real) : own;
    },
  });
}

function kindWith(name: string, change: (kind: ActorKind) => Partial<ActorKind>): Sabotage {
  return {
    kinds: (kinds) => kinds.map((kind) => kind.kind === name ? { ...kind, ...change(kind) } : kind),
  };
}

/** The charger hears something else. */
function hearing(change: (event: PlainEvent) => PlainEvent): Sabotage {
  return kindWith("charger", (charger) => ({
    receive: (delivery, context) => change(charger.receive(delivery, context)),
  }));
}

function asking(change: (actors: Actors) => Actors["ask"]): Sabotage {
  return { actors: (actors) => ({ ask: change(actors) }) };
}

/** Long, with few processes: alarms ring. */
function slowPlan(seed: number): Plan {
  const calm = calmPlan(seed);
  return {
    ...calm,
    ...{ stations: 6, gateways: 1, paceMs: 3_000, operatorPaceMs: 1_500 },
    disasters: { ...calm.disasters, kill: 20_000, busCut: 20_000 },
  };
}

export const mutations: readonly Mutation[] = [
  {
    checker: "answered",
    bug: "one commit of twenty is reported and not made",
    plant: () => {
      let commits = 0;
      return {
        store: (store) =>
          withMethods(store, {
            commit: async (batch, lane) =>
              ++commits % 20 === 0 ? { result: "committed" } : await store.commit(batch, lane),
          }),
      };
    },
  },
  {
    checker: "writer",
    bug: "the fence compares sequences and no epochs",
    plant: () => ({
      world: ({ store }) => {
        const commit = store.commit.bind(store);
        store.commit = (batch, lane) => {
          const fence = (JSON.parse(batch.fence) as FenceRow[]).map((row) => (
            { ...row, epoch: store.placed()[row.shard]?.epoch }
          ));
          return commit({ ...batch, fence: JSON.stringify(fence) }, lane);
        };
      },
    }),
  },
  {
    checker: "once",
    bug: "the identity of a 1.6 start depends on the message id",
    plant: () =>
      hearing((event) =>
        event["family"] === "1.6" && event.type === "TransactionEvent.Started"
          ? { ...event, at: Number(event["at"]) + stableHash(String(event["messageId"])) % 1_000 }
          : event
      ),
  },
  {
    checker: "pure",
    bug: "a step sees how many steps this process has made",
    plant: () => {
      let steps = 0;
      return hearing((event) =>
        event.type === "socket.opened" ? { ...event, remoteAddress: `step ${++steps}` } : event
      );
    },
  },
  {
    checker: "energy",
    bug: "sessions are billed a watt-hour too much",
    plant: () =>
      kindWith("session", ({ views }) => ({
        views: (context, value, address) =>
          (views?.(context, value, address) ?? []).map((view) => ({
            ...view,
            row: view.row === null
              ? null
              : { ...view.row, energy_wh: Number(view.row["energy_wh"]) + 1 },
          })),
      })),
  },
  {
    checker: "epochs",
    bug: "connection epochs fall",
    plant: () => {
      let grants = 0;
      return kindWith("charger", ({ render }) => ({
        render: (reply, delivery) =>
          delivery.header.type === "socket.opened"
            ? { epoch: `${1_000_000 - ++grants}.1` }
            : render?.(reply, delivery),
      }));
    },
  },
  {
    checker: "presence",
    bug: "a gateway that was thought dead does not announce its sockets again",
    plant: () =>
      asking((actors) => async (to, header, body, timeoutMs) => {
        if (header.type !== "socket.opened" || !body.includes('"again":true')) {
          return await actors.ask(to, header, body, timeoutMs);
        }
        const { epoch } = JSON.parse(body) as { epoch: string };
        return { text: JSON.stringify({ epoch }), journalled: true };
      }),
  },
  {
    checker: "bounds",
    bug: "a gateway takes its own CALLs for answered as soon as they have left",
    plant: () => ({
      socket: ({ gatewayEnd }) => {
        const send = gatewayEnd.send.bind(gatewayEnd);
        gatewayEnd.send = (text) => {
          send(text);
          const id = /^\[2,("[^"]*")/.exec(text)?.[1];
          if (id !== undefined) queueMicrotask(() => gatewayEnd.receive(`[3,${id},{}]`));
        };
      },
    }),
    plan: (seed) => ({ ...calmPlan(seed), stations: 1, operatorPaceMs: 300 }),
  },
  {
    checker: "refusals",
    bug: "a worker in trouble refuses as if the message were wrong",
    plant: () => {
      let calls = 0;
      return asking((actors) => async (to, header, body, timeoutMs) => {
        if (header.type === "ocpp.call" && ++calls % 30 === 0) {
          throw new PlatformError("conflict", "Cannot take it: planted");
        }
        return await actors.ask(to, header, body, timeoutMs);
      });
    },
  },
  {
    checker: "input",
    bug: "what a gateway refuses it passes on all the same",
    plant: () => {
      let actors: Actors | undefined;
      return {
        actors: (real) => actors = real,
        socket: ({ gatewayEnd }, identity) => {
          const receive = gatewayEnd.receive.bind(gatewayEnd);
          gatewayEnd.receive = (text) => {
            receive(text);
            if (!text.includes(BAD)) return;
            const to = { tenant: "default", kind: "charger", key: stationKey(identity) };
            const header = {
              ...{ type: "ocpp.call", cause: text, protocol: "ocpp1.6", action: "MeterValues" },
              ...{ messageId: "bad", epoch: "0.0" },
            };
            const body = JSON.stringify({ connectorId: 1, meterValue: [], bad: BAD });
            void actors?.ask(to, header, body).catch(() => undefined);
          };
        },
      };
    },
  },
  {
    checker: "aside",
    bug: "a chart throws on heartbeats",
    plant: () =>
      hearing((event) => {
        if (event.type === "Heartbeat") throw new TypeError("Cannot beat: planted");
        return event;
      }),
  },
  {
    checker: "commands",
    bug: "a gateway sends each CALL twice",
    plant: () => ({
      socket: ({ gatewayEnd }) => {
        const send = gatewayEnd.send.bind(gatewayEnd);
        gatewayEnd.send = (text) => {
          send(text);
          if (text.startsWith("[2,")) send(text);
        };
      },
    }),
  },
  {
    checker: "outcomes",
    bug: "an answer of the station counts as never sent",
    plant: () =>
      hearing((event) => event.type === "ocpp.answer" ? { ...event, outcome: "expired" } : event),
  },
  {
    checker: "memory",
    bug: "answers from memory need no proof of ownership",
    plant: () => ({ ownership: () => ({ mayAnswer: () => true }) }),
    plan: (seed) => {
      const calm = calmPlan(seed);
      return {
        ...calm,
        ...{ workers: 3, stations: 8, paceMs: 400 },
        disasters: { ...calm.disasters, freeze: 1_000 },
      };
    },
    steps: 6_000,
  },
  {
    checker: "alarms",
    bug: "the ring of an alarm does not disarm it in the store",
    plant: () => ({
      store: (store) =>
        withMethods(store, {
          commit: async (batch, lane) => {
            const rest = batch.rest.replace(/"disarmed":\[[^\]]*\]/, '"disarmed":[]');
            return await store.commit({ ...batch, rest }, lane);
          },
        }),
    }),
    plan: slowPlan,
    steps: 30_000,
  },
  {
    checker: "facts",
    bug: "the stream takes facts that do not follow on",
    plant: () => ({ world: ({ stream }) => void (stream.isCareless = true) }),
  },
  {
    checker: "tokens",
    bug: "the token actor knows no limit",
    plant: () =>
      kindWith("token", (token) => ({
        receive: (delivery, context) => ({ ...token.receive(delivery, context), limit: 0 }),
      })),
  },
  {
    checker: "owners",
    bug: "a worker overlooks the last of the shards that it took",
    plant: () => ({
      store: (store) =>
        withMethods(store, {
          takeShards: async (owner, shards, taking) =>
            (await store.takeShards(owner, shards, taking)).slice(0, -1),
        }),
    }),
  },
  {
    checker: "liveness",
    bug: "acknowledged tells stay in the outbox",
    plant: () => ({
      store: (store) => withMethods(store, { acknowledgeOutbox: () => Promise.resolve() }),
    }),
  },
];
