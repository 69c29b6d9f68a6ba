/** What must hold when the faults are over: first that all settles, then that all is true. */
import { wireId } from "#actors/charger/command_life.ts";
import type { World } from "../world.ts";
import type { CheckerName } from "./verdict.ts";

/** Words of a command that is over; what is in doubt may stay so. */
const over: ReadonlySet<string> = new Set([
  ...["accepted", "rejected", "answered", "failed", "expired", "timedOut", "unknown"],
]);

/** What has not settled yet, in words; empty: all has. */
export function unsettled(world: World): readonly string[] {
  const { stations, store, factsChecker, operators, edgeChecker } = world;
  const found = stations.filter(({ isAtRest }) => !isAtRest)
    .map(({ identity }) => `${identity} is not at rest`);
  if (store.untold > 0) found.push(`${store.untold} tells are not acknowledged`);
  if (factsChecker.unpublished > 0) found.push(`${factsChecker.unpublished} facts are unpublished`);
  if (operators.open > 0) found.push(`${operators.open} requests of operators are open`);
  found.push(...misplaced(world), ...wrongPresence(world));
  for (const { status, id, stationId } of commandRows(world)) {
    if (!over.has(status)) found.push(`command ${id} of ${stationId} is ${status}`);
  }
  for (const { id, status } of sessionRows(world)) {
    if (status !== "closed") found.push(`session ${id} is ${status}`);
  }
  return edgeChecker.answers === 0 && found.length === 0 ? ["nothing was answered"] : found;
}

/** Which rule stands behind something that did not settle. */
export function ruleOf(found: string): CheckerName {
  if (found.startsWith("shard")) return "owners";
  return found.includes("is shown as") ? "presence" : "liveness";
}

function misplaced({ store, processes, plan }: World): readonly string[] {
  const found: string[] = [];
  for (const { shard, owner } of store.placed()) {
    const holders = processes.workers.filter(({ host, ports }) =>
      !ports.process.isDead && host.custody.holds(shard)
    );
    const [holder] = holders;
    if (holders.length === 1 && holder?.placement.owner === owner) continue;
    const names = holders.map(({ placement }) => placement.owner).join(", ");
    found.push(`shard ${shard} of ${plan.shards} is ${owner}'s and held by: ${names}`);
  }
  return found;
}

function wrongPresence({ stations, store, processes }: World): readonly string[] {
  const living = new Set(
    processes.gateways.filter(({ ports }) => !ports.process.isDead).map(({ id }) => id),
  );
  return stations.flatMap(({ identity, isConnected }) => {
    const row = store.views.get(`stations/${identity}`);
    const isShown = row?.["connected"] === true && living.has(String(row["gateway"]));
    if (isShown === isConnected) return [];
    const shown = `${String(row?.["connected"])} at ${String(row?.["gateway"])}`;
    return [`${identity} is shown as ${shown}, it is ${isConnected}`];
  });
}

interface SessionRow {
  readonly id: string;
  readonly stationId: string;
  readonly status: string;
  readonly energyWh: number;
  readonly meterStartWh: number;
}

function sessionRows({ store }: World): readonly SessionRow[] {
  return [...store.views].filter(([key]) => key.startsWith("sessions/")).map(([, row]) => ({
    id: String(row["id"]),
    stationId: String(row["station_id"]),
    status: String(row["status"]),
    energyWh: Number(row["energy_wh"]),
    meterStartWh: Number(row["meter_start_wh"]),
  }));
}

interface CommandRow {
  readonly id: string;
  readonly stationId: string;
  readonly kind: string;
  readonly status: string;
  /** How many CALLs it was worded as, and how many of them were answered. */
  readonly parts: number;
  readonly answered: number;
}

function commandRows({ store }: World): readonly CommandRow[] {
  return [...store.views].filter(([key]) => key.startsWith("commands/")).map(([, row]) => ({
    id: String(row["id"]),
    stationId: String(row["station_id"]),
    kind: String(row["kind"]),
    status: String(row["status"]),
    parts: Array.isArray(row["calls"]) ? row["calls"].length : 1,
    answered: Array.isArray(row["response"]) ? row["response"].length : 0,
  }));
}

/** On a world that has settled. */
export function checkEnd(world: World): void {
  checkEnergy(world);
  checkOutcomes(world);
}

function checkEnergy(world: World): void {
  const rows = Map.groupBy(
    sessionRows(world),
    ({ stationId, meterStartWh }) => `${stationId} from ${meterStartWh} Wh`,
  );
  for (const { station, startWh, stopWh, isAccepted } of world.stations.flatMap((s) => s.truth)) {
    const session = `${station} from ${startWh} Wh`;
    const [found, ...more] = rows.get(session) ?? [];
    rows.delete(session);
    if (more.length > 0) world.fail("energy", `${session} is there ${more.length + 1} times`);
    // A start that was refused is a session only where it happened offline.
    if (found === undefined && isAccepted !== false) world.fail("energy", `${session} is missing`);
    if (found !== undefined && found.energyWh !== stopWh - startWh) {
      world.fail("energy", `${session}: ${found.energyWh} Wh of ${stopWh - startWh}`);
    }
  }
  for (const [session] of rows) world.fail("energy", `${session} was never charged`);
}

function checkOutcomes(world: World): void {
  for (const command of commandRows(world)) {
    if (command.parts > 1) checkSeries(world, command);
    const { id, stationId, kind, status } = command;
    const seen = world.edgeChecker.commands.get(`${stationId}\n${id}`);
    const deliveries = seen?.deliveries ?? 0;
    const what = `${kind} ${id} of ${stationId} is ${status}`;
    if (status === "expired" && deliveries > 0) {
      world.fail("outcomes", `${what} and has reached the station`);
    }
    // Of these what the station does by itself may tell as well as its answer.
    const isObserved = kind === "remote-start" || kind === "reset";
    const isAnswer = status === "accepted" || status === "rejected" || status === "answered";
    if (isAnswer && !isObserved && deliveries === 0) {
      world.fail("outcomes", `${what} and has never reached the station`);
    }
  }
}

/** Each CALL goes out after the one before was answered, and what is accepted was all of them. */
function checkSeries(
  world: World,
  { id, stationId, kind, status, parts, answered }: CommandRow,
): void {
  const seen = Array.from(
    { length: parts },
    (_, part) => world.edgeChecker.commands.get(`${stationId}\n${wireId({ id, part })}`),
  );
  const what = `${kind} ${id} of ${stationId} is ${status}`;
  for (const [part, command] of seen.entries()) {
    if (command === undefined || part === 0) continue;
    if (seen[part - 1]?.reply === undefined) {
      world.fail("commands", `${what}: CALL ${part + 1} came before ${part} was answered`);
    }
  }
  const replied = seen.filter((command) => command?.reply !== undefined).length;
  if (answered > replied) {
    world.fail("outcomes", `${what}: ${answered} answers, ${replied} were given`);
  }
  if (status === "accepted" && answered < parts) {
    world.fail("outcomes", `${what}: ${answered} of ${parts} CALLs were answered`);
  }
}
