/** Which process is asked. */
import { parseAddress, shardOf } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { SeenProcess } from "#engine/adapters/nats_operations.ts";
import type { CommandLine } from "./command_line.ts";
import type { Verb } from "./verbs.ts";

/**
 * Ids of the processes to ask.
 * @throws {PlatformError} "not-found" when there is none, "conflict" when a name fits several.
 */
export function targetsOf(
  { target }: Verb,
  args: CommandLine["args"],
  processes: readonly SeenProcess[],
): readonly string[] {
  switch (target) {
    case "worker":
      return [anyWorker(processes)];
    case "owner":
      return [ownerOf(args["actor"] ?? "", processes)];
    case "named":
      return [named(args["process"] ?? "", processes)];
    case "named or all":
      return args["process"] === "all"
        ? processes.map(({ status }) => status.id)
        : [named(args["process"] ?? "", processes)];
  }
}

/** One that is ready rather than one that is not. */
function anyWorker(processes: readonly SeenProcess[]): string {
  const workers = processes.filter(({ status }) => status.engine !== undefined);
  const best = workers.find(({ status }) => status.missing.length === 0) ?? workers[0];
  if (best !== undefined) return best.status.id;
  throw new PlatformError("not-found", "Cannot ask a worker: none answers");
}

/** Who holds an actor's shard; for a moment it may be nobody: then any worker reads the store. */
function ownerOf(actor: string, processes: readonly SeenProcess[]): string {
  const address = parseAddress(actor);
  const owner = processes.find(({ status: { engine } }) =>
    engine !== undefined && engine.shards.includes(shardOf(address, engine.shardCount))
  );
  return owner?.status.id ?? anyWorker(processes);
}

function named(name: string, processes: readonly SeenProcess[]): string {
  const exact = processes.filter(({ status: { id, worker } }) => id === name || worker === name);
  const fitting = exact.length > 0
    ? exact
    : processes.filter(({ status: { id } }) => name !== "" && id.startsWith(name));
  const [first] = fitting;
  if (first !== undefined && fitting.length === 1) return first.status.id;
  const there = processes.map(({ status: { id, worker, role } }) => `${role} ${worker ?? id}`);
  if (first === undefined) {
    const detail = `Cannot find the process "${name}": there are ${there.join(", ")}`;
    throw new PlatformError("not-found", detail);
  }
  throw new PlatformError("conflict", `Cannot tell which process "${name}" is: several begin so`);
}
