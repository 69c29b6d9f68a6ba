import { defineActor } from "#engine/actor.ts";
import { stationOfKey } from "#schemas/address.ts";
import type { SessionContext, SessionEvent } from "./context.ts";
import { answer, classify, fold, inputs, receive } from "./hearing.ts";
import { sessionMachine } from "./machine.ts";
import { sessionSnapshot } from "./snapshot.ts";
import { sessionRow } from "./views.ts";

/** `session/<stationKey>~<n>`: one transaction of a station. */
export const session = defineActor<SessionContext, SessionEvent>({
  kind: "session",
  revision: 1,
  machine: sessionMachine,
  initialInput: ({ tenant, key }) => ({ tenant, id: key, stationId: stationOfKey(key) }),
  receive,
  classify,
  inputs,
  fold,
  answer,
  views: (context) => context.messages > 0 ? [sessionRow(context)] : [],
  snapshot: sessionSnapshot,
});
