import { randomBytes } from "node:crypto";
import { Buffer } from "node:buffer";
import { performance } from "node:perf_hooks";
import { inParallel } from "./in_parallel.ts";
import { Latencies } from "./latencies.ts";
import { LoadCharger, type Script } from "./load_charger.ts";
import { RunWindow, type WindowOptions, type WindowResult } from "./run_window.ts";
import { heartbeatScript, meterScript, meterStartWh, SessionScript } from "./scripts.ts";
import { textFrame } from "./frame_template.ts";
import { RawSocket } from "./raw_socket.ts";

/** How many chargers are set up at a time before a run. */
const SETUP_LIMIT = 64;
/** How many sockets of a storm may be in their handshake at a time: what a listen queue holds. */
const HANDSHAKE_LIMIT = 512;
const STORM_RETRY_MS = 250;
const STORM_ATTEMPTS = 20;
const ANSWER_MS_MAX = 30_000;

/** Fewest characters that tell runs apart in message ids. */
export function newRunId(): string {
  return randomBytes(4).toString("hex");
}

export function identityOf(index: number): string {
  return `LOAD-${String(index).padStart(5, "0")}`;
}

export function tokenOf(index: number): string {
  return `LOADTAG${String(index).padStart(5, "0")}`;
}

/** What a run should have left behind at the platform. */
export interface Truth {
  readonly identity: string;
  readonly transactionId: string;
  readonly energyWh: number;
  /** Acknowledged meter values of it. */
  readonly meterMessages: number;
}

/** Chargers of one scenario against one server, ready to run. */
export interface Stage {
  round(options: WindowOptions): Promise<WindowResult>;
  /** Ends what is open. What the platform must now know about sessions. */
  close(): Promise<readonly Truth[]>;
  /** Sessions that have ended and were answered. */
  readonly endedSessions: () => number;
}

/** A fleet that is connected, booted and following a script. */
interface Fleet<Scripted extends Script> {
  readonly chargers: readonly LoadCharger[];
  readonly scripts: readonly Scripted[];
}

async function fleetOf<Scripted extends Script>(
  url: string,
  count: number,
  scriptOf: (charger: LoadCharger, index: number) => Promise<Scripted>,
): Promise<Fleet<Scripted>> {
  const chargers = Array.from(
    { length: count },
    (_, index) => new LoadCharger({ url, identity: identityOf(index) }),
  );
  const scripts: Scripted[] = [];
  await inParallel(chargers, SETUP_LIMIT, async (charger, index) => {
    await charger.open();
    const { status } = await charger.call("BootNotification", bootPayload);
    if (status !== "Accepted") throw new Error(`Cannot boot ${charger.identity}: ${status}`);
    scripts[index] = await scriptOf(charger, index);
  });
  return { chargers, scripts };
}

function follow(fleet: Fleet<Script>): RunWindow {
  const window = new RunWindow();
  fleet.chargers.forEach((charger, index) => {
    const script = fleet.scripts[index];
    if (script !== undefined) charger.follow(script, window);
  });
  return window;
}

const bootPayload = { chargePointVendor: "Statewatt", chargePointModel: "Load" } as const;

export async function heartbeatStage(url: string, chargers: number): Promise<Stage> {
  const run = newRunId();
  const fleet = await fleetOf(url, chargers, () => Promise.resolve(heartbeatScript(run)));
  return {
    round: (options) => follow(fleet).run(fleet.chargers, options),
    endedSessions: () => 0,
    close: () => {
      fleet.chargers.forEach((charger) => charger.close());
      return Promise.resolve([]);
    },
  };
}

export async function meterStage(url: string, chargers: number): Promise<Stage> {
  const run = newRunId();
  const transactions: number[] = [];
  const fleet = await fleetOf(url, chargers, async (charger, index) => {
    const { transactionId } = await charger.call("StartTransaction", {
      connectorId: 1,
      idTag: tokenOf(index),
      meterStart: meterStartWh,
      timestamp: new Date().toISOString(),
    });
    transactions[index] = Number(transactionId);
    return meterScript(run, Number(transactionId));
  });
  const truths: Truth[] = [];
  return {
    round: (options) => follow(fleet).run(fleet.chargers, options),
    endedSessions: () => truths.length,
    close: async () => {
      await inParallel(fleet.chargers, SETUP_LIMIT, async (charger, index) => {
        const registerWh = fleet.scripts[index]?.registerWh() ?? meterStartWh;
        if (!charger.isOpen) return;
        await charger.call("StopTransaction", {
          idTag: tokenOf(index),
          meterStop: registerWh,
          timestamp: new Date().toISOString(),
          transactionId: transactions[index],
          reason: "Local",
        });
        truths.push({
          identity: charger.identity,
          transactionId: String(transactions[index]),
          energyWh: registerWh - meterStartWh,
          meterMessages: (registerWh - meterStartWh) / 25,
        });
      });
      fleet.chargers.forEach((charger) => charger.close());
      return truths;
    },
  };
}

export async function sessionStage(url: string, chargers: number): Promise<Stage> {
  const run = newRunId();
  const fleet = await fleetOf(
    url,
    chargers,
    (_, index) => Promise.resolve(new SessionScript(run, tokenOf(index))),
  );
  const ended = (): number => fleet.scripts.reduce((sum, script) => sum + script.ended, 0);
  return {
    round: (options) => follow(fleet).run(fleet.chargers, options),
    endedSessions: ended,
    close: async () => {
      await finishSessions(fleet);
      fleet.chargers.forEach((charger) => charger.close());
      return [];
    },
  };
}

/** Lets every charger end the session it is in the middle of. */
function finishSessions(fleet: Fleet<SessionScript>): Promise<void> {
  return new Promise((resolve) => {
    let left = 0;
    const timer = setTimeout(resolve, ANSWER_MS_MAX);
    const finished = (): void => {
      if (--left > 0) return;
      clearTimeout(timer);
      resolve();
    };
    fleet.chargers.forEach((charger, index) => {
      const script = fleet.scripts[index];
      if (script === undefined || !script.isOpen || !charger.isOpen) return;
      left++;
      const next = (): void => script.isOpen ? charger.send() : finished();
      charger.follow(script, { answered: next, lost: finished });
      charger.send();
    });
    if (left === 0) finished();
  });
}

/** Each round connects all chargers at once and lasts until each has had its boot accepted. */
export function stormStage(url: string, chargers: number): Stage {
  return {
    round: () => storm(url, chargers),
    endedSessions: () => 0,
    close: () => Promise.resolve([]),
  };
}

async function storm(url: string, chargers: number): Promise<WindowResult> {
  const frame = textFrame(
    JSON.stringify([2, `${newRunId()}-boot`, "BootNotification", bootPayload]),
  );
  const sockets: RawSocket[] = [];
  const latencies = new Latencies();
  const beganAtMs = performance.now();
  let errors = 0;
  let answered = 0;
  const identities = Array.from({ length: chargers }, (_, index) => identityOf(index));
  await inParallel(identities, HANDSHAKE_LIMIT, async (identity) => {
    for (let attempt = 0; attempt < STORM_ATTEMPTS; attempt++) {
      try {
        // deno-lint-ignore no-await-in-loop -- an attempt follows the failure of the one before
        sockets.push(await bootOnce(`${url}/${identity}`, frame));
        latencies.add(performance.now() - beganAtMs);
        answered++;
        return;
      } catch {
        errors++;
        // deno-lint-ignore no-await-in-loop
        await new Promise((resolve) => setTimeout(resolve, STORM_RETRY_MS * (1 + attempt)));
      }
    }
  });
  const seconds = (performance.now() - beganAtMs) / 1_000;
  sockets.forEach((socket) => socket.close());
  return { seconds, answered, answeredInAll: answered, errors, latencies };
}

/**
 * Opens a socket and boots. Rejects, leaving no socket, when either is refused or takes too long.
 */
function bootOnce(url: string, frame: Uint8Array): Promise<RawSocket> {
  let opening: Promise<RawSocket> | undefined;
  const booted = new Promise<RawSocket>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("Cannot boot: no answer")), ANSWER_MS_MAX);
    opening = RawSocket.open({
      url,
      protocol: "ocpp1.6",
      onText: (message) => {
        clearTimeout(timer);
        const isAccepted = message[1] === 0x33 && message.includes(Buffer.from(`"Accepted"`));
        if (isAccepted) opening?.then(resolve, reject);
        else reject(new Error(`Cannot boot: ${message}`));
      },
      onClose: () => reject(new Error("Cannot boot: the socket was closed")),
    });
    opening.then((socket) => socket.write(frame), (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
  booted.catch(() => opening?.then((socket) => socket.destroy(), () => {}));
  return booted;
}
