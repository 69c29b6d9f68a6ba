import type { ActorKind } from "#engine/actor.ts";
import { charger } from "./charger/mod.ts";
import { reservation } from "./reservation/mod.ts";
import { session } from "./session/mod.ts";
import { token } from "./token/mod.ts";

/** Every kind of actor that a worker runs. */
export const kinds: readonly ActorKind[] = [charger, reservation, session, token];
