/** The stages of a traced message inside a worker. Nothing here runs for the others. */
import type { Item } from "./partition.ts";
import { type ActorSlot, type Change, NEVER_STORED } from "./work.ts";

/** It cannot be worked out before something is loaded or drawn. */
export function traceMissing({ trace }: Item, what: string): void {
  if (trace === undefined) return;
  trace.dropStage("step");
  trace.stage(what);
}

/**
 * It is worked out. `before`: an actor as it was. A session that it touches is the plug-in that it
 * belongs to; the key of a session has a `~`.
 */
export function traceStepped(
  { trace }: Item,
  changes: readonly Change[],
  before: (address: string) => ActorSlot | undefined,
): void {
  if (trace === undefined) return;
  trace.stage("commit wait");
  const part = changes.find(({ slot }) => slot.address.key.includes("~"))?.slot;
  if (part === undefined) return;
  trace.belongsTo(part.text, before(part.text)?.samples === NEVER_STORED);
}
