import { defineActor } from "#engine/actor.ts";
import { stationOfKey } from "#schemas/address.ts";
import type { ChargerContext, ChargerEvent } from "./context.ts";
import { answer, classify, fold, inputs, route } from "./hearing.ts";
import { chargerMachine } from "./machine.ts";
import { receive, render } from "./receive.ts";
import { chargerSnapshot } from "./snapshot.ts";

/** `charger/<stationKey>`: one charging station. */
export const charger = defineActor<ChargerContext, ChargerEvent>({
  kind: "charger",
  revision: 1,
  machine: chargerMachine,
  initialInput: ({ tenant, key }) => ({ tenant, key, stationId: stationOfKey(key) }),
  receive,
  route,
  classify,
  inputs,
  fold,
  answer,
  views: (context) => context.rows,
  render,
  snapshot: chargerSnapshot,
});
