/**
 * A worker without its engine room: the kinds of actors stepped purely by `engine/work.ts`, each
 * commit applied at once. Snapshots go through their stored form after every step, so that a test
 * also proves recovery.
 */
import assert from "node:assert/strict";
import { grantKey, needsGrant } from "#actors/domain/authorisation.ts";
import type { ActorKind, Effect, InputRequest, PlainEvent, ViewRow } from "#engine/actor.ts";
import type { MessageHeader } from "#engine/ports/actors.ts";
import { initialState, restoredState, storedState } from "#engine/step.ts";
import { type ActorSlot, type Change, isWritten, work, type WorkItem } from "#engine/work.ts";
import { formatAddress, parseAddress, stationKey } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type {
  GatewayOrder,
  OcppProtocol,
  SocketGranted,
  SocketOpened,
} from "#schemas/events/gateway.ts";
import type { TokenRecord } from "#schemas/events/token.ts";
import type { StationItem } from "#schemas/station_items.ts";
import type { Drift } from "./charger/configuration.ts";
import { charger } from "./charger/mod.ts";
import type { KeptCommand, StationInput, StationWish } from "./charger/station_input.ts";
import { reservation } from "./reservation/mod.ts";
import { session } from "./session/mod.ts";
import { token } from "./token/mod.ts";

const kinds: ReadonlyMap<string, ActorKind> = new Map(
  [charger, reservation, session, token].map((kind) => [kind.kind, kind]),
);

/** Nothing stored may be larger (design section 4). */
export const snapshotBytesMax = 8 * 1_024;

interface Alarm {
  readonly actor: string;
  readonly name: string;
  readonly due: number;
  readonly event: PlainEvent;
}

export class Stage {
  /** Wall-clock time; only `advance` and tests move it. */
  now = Date.UTC(2026, 10, 22, 12);
  mayRegister = false;
  offlineAlertMinutes = 5;
  /** How stations differ from what is intended of them. */
  drift: Drift = { count: 0, names: [] };
  readonly tokens = new Map<string, TokenRecord>();
  readonly facts: { name: string; id: string; data: unknown }[] = [];
  readonly sent: { subject: string; message: unknown }[] = [];
  /** Read models as the store would hold them: `<table>/<id>`. */
  readonly rows = new Map<string, NonNullable<ViewRow["row"]>>();
  /** Every journal row, newest last. */
  readonly journal: Change[] = [];
  largestSnapshot = 0;
  #nextTransactionId = 1_000;
  readonly #slots = new Map<string, ActorSlot>();
  readonly #alarms = new Map<string, Alarm>();

  /** Asks an actor; throws its refusal. */
  ask(to: string, header: MessageHeader, body: unknown = {}): unknown {
    const headerText = JSON.stringify(header);
    return this.#run({ to, header, headerText, bodyText: JSON.stringify(body) });
  }

  /** Moves time on and rings what is due, in order. */
  advance(ms: number): void {
    const target = this.now + ms;
    for (let next = this.#earliest(target); next !== undefined; next = this.#earliest(target)) {
      this.now = Math.max(this.now, next.due);
      this.#ring(next);
    }
    this.now = target;
  }

  /** Rings what is due only now, as after an outage of the platform. */
  sleep(ms: number): void {
    this.now += ms;
    for (let next = this.#earliest(this.now); next !== undefined; next = this.#earliest(this.now)) {
      this.#ring(next);
    }
  }

  alarmsOf(actor: string): readonly string[] {
    return [...this.#alarms.values()].filter((alarm) => alarm.actor === actor)
      .map(({ name }) => name);
  }

  row(table: string, id: string): Readonly<Record<string, unknown>> {
    const row = this.rows.get(`${table}/${id}`);
    assert.ok(row !== undefined, `no row ${id} in ${table}`);
    return row;
  }

  factNames(): readonly string[] {
    return this.facts.map(({ name }) => name);
  }

  slot(actor: string): ActorSlot {
    const known = this.#slots.get(actor);
    if (known !== undefined) return known;
    const address = parseAddress(actor);
    const kind = kinds.get(address.kind);
    assert.ok(kind !== undefined, `no kind ${address.kind}`);
    const { state, effects } = initialState(kind, address, this.now);
    const slot = { address, text: actor, kind, state, lastAt: 0, samples: 0, owed: effects };
    this.#slots.set(actor, slot);
    return slot;
  }

  #earliest(target: number): Alarm | undefined {
    return [...this.#alarms.values()].filter(({ due }) => due <= target)
      .sort((one, other) => one.due - other.due)[0];
  }

  #ring({ actor, name, due, event: stored }: Alarm): void {
    // From its row: the engine adds time and inputs to the event it is given.
    const event = structuredClone(stored);
    this.#alarms.delete(`${actor} ${name}`);
    const header = { type: "alarm", cause: `alarm ${name} 0` };
    const rung = { name, due, generation: 0 };
    const headerText = JSON.stringify(header);
    this.#run({ to: actor, header, headerText, bodyText: JSON.stringify(event), event, rung });
  }

  #run(item: WorkItem): unknown {
    let inputs: Record<string, unknown> | undefined;
    for (let attempt = 0; attempt < 16; attempt++) {
      const slot = (actor: string): ActorSlot => this.slot(actor);
      const outcome = work({ ...item }, { now: this.now, slot, inputs });
      if (outcome.outcome === "load") continue;
      if (outcome.outcome === "inputs") {
        inputs = Object.fromEntries(outcome.requests.map((request) => [
          request.name,
          this.#input(request, item.to),
        ]));
        continue;
      }
      for (const change of outcome.changes) this.#commit(change);
      for (const change of outcome.changes) change.effects.forEach((effect) => this.#tell(effect));
      if (outcome.refusal !== undefined) throw outcome.refusal;
      // As it leaves: what JSON cannot say is no answer.
      return outcome.reply === undefined ? undefined : JSON.parse(JSON.stringify(outcome.reply));
    }
    throw new Error(`Cannot work out ${item.header.type}: it never comes to an end`);
  }

  #input({ source, request }: InputRequest, to: string): unknown {
    const { uid, type, holder, replaces } = (request ?? {}) as {
      uid: string;
      type: string | null;
      holder: string;
      replaces: readonly string[];
    };
    switch (source) {
      case "token":
        return this.tokens.get(uid.toLowerCase()) ?? null;
      case "grant": {
        const record = this.tokens.get(uid.toLowerCase()) ?? null;
        const question = { idToken: { uid, type }, token: record, at: this.now };
        if (record === null || !needsGrant(question)) return null;
        const key = grantKey(record);
        const address = formatAddress({ tenant: parseAddress(to).tenant, kind: "token", key });
        const body = { token: key, holder, replaces, limit: record.concurrentSessions };
        return this.ask(address, { type: "grant.request", cause: "test" }, body);
      }
      case "transactionId":
        return this.#nextTransactionId++;
      case "shardEpoch":
        return 7;
      case "autoRegister":
        return this.mayRegister;
      case "offlineAlertMinutes":
        return this.offlineAlertMinutes;
      case "configurationDrift":
        return this.drift;
      case "station":
        return this.#stationInput(request as StationWish);
      default:
        throw new Error(`no input ${source}`);
    }
  }

  /** As the read model holds it. */
  #stationInput({ stationId, commandIds, blocks, part }: StationWish): StationInput {
    const commands = commandIds.flatMap((id) => {
      const row = this.rows.get(`commands/${id}`);
      return row === undefined ? [] : [[id, keptCommand(row, part)] as const];
    });
    const items = [...this.rows].flatMap(([id, row]) =>
      id.startsWith("station_items/") && row["station_id"] === stationId &&
        blocks.some((block) => block === row["block"])
        ? [row as unknown as StationItem]
        : []
    );
    return structuredClone({ commands: Object.fromEntries(commands), items });
  }

  #commit(change: Change): void {
    const { slot } = change;
    if (!isWritten(change)) {
      this.#slots.set(slot.text, slot);
      return;
    }
    this.journal.push(change);
    if (change.class === "T") {
      for (
        const view of slot.kind.views?.(slot.state.context, slot.state.value, slot.address) ?? []
      ) {
        if (view.row === null) this.rows.delete(`${view.table}/${view.id}`);
        else {
          const name = `${view.table}/${view.id}`;
          const before = this.rows.get(name);
          const isWhole = before === undefined || view.over === undefined;
          this.rows.set(name, isWhole ? view.row : view.over(before));
        }
      }
    }
    for (const effect of change.effects) this.#note(effect, slot.text);
    const body = storedState(slot.kind, slot.state, slot.lastAt);
    this.largestSnapshot = Math.max(this.largestSnapshot, body.length);
    const { state } = restoredState(slot.kind, slot.kind.snapshot.version, body);
    this.#slots.set(slot.text, { ...slot, state });
  }

  #note(effect: Effect, actor: string): void {
    if (effect.type === "arm") {
      const { name, due, event } = effect;
      this.#alarms.set(`${actor} ${name}`, { actor, name, due, event });
    } else if (effect.type === "disarm") this.#alarms.delete(`${actor} ${effect.name}`);
    else if (effect.type === "fact") this.facts.push(effect);
    else if (effect.type === "send") {
      this.sent.push({ subject: effect.subject, message: JSON.parse(effect.text) });
    }
  }

  #tell(effect: Effect): void {
    if (effect.type !== "tell") return;
    const { type, ...body } = effect.event;
    this.ask(effect.to, { type, cause: "tell" }, body);
  }
}

/** As `actors/adapters/station_inputs.ts` reads it. */
function keptCommand(row: Readonly<Record<string, unknown>>, part?: number): KeptCommand {
  const { request, calls, response, kind } = row as unknown as KeptCommand & { kind: string };
  if (part === undefined) return { request, calls, response };
  const isCall = kind === "call";
  const two = [part, part + 1].map((number) => calls?.[number] ?? null);
  return { request: isCall ? request : {}, calls: isCall ? null : two, from: part, response };
}

/** One station on a stage, in the words of its version. */
export class StationOnStage {
  readonly stage: Stage;
  readonly id: string;
  readonly protocol: OcppProtocol;
  epoch = "";
  #messages = 0;
  #tells = 0;

  constructor(stage: Stage, id: string, protocol: OcppProtocol) {
    this.stage = stage;
    this.id = id;
    this.protocol = protocol;
  }

  get address(): string {
    return `default:charger/${stationKey(this.id)}`;
  }

  register(settings: Readonly<Record<string, unknown>> = {}): this {
    this.tell("station.register", { settings });
    return this;
  }

  connect(gateway = "g1", again = false): this {
    return this.open({ gateway, again });
  }

  /** A socket as a gateway announces it, with whatever differs from the usual. */
  open(opened: Partial<SocketOpened>): this {
    const { protocol } = this;
    const usual = { gateway: "g1", protocol, remoteAddress: "::1", again: false };
    this.epoch = (this.tell("socket.opened", { ...usual, ...opened }) as SocketGranted).epoch;
    return this;
  }

  disconnect(epoch = this.epoch): void {
    this.tell("socket.closed", { code: 1006, reason: "" }, { epoch });
  }

  /** A CALL of the station. */
  call(action: string, payload: unknown, messageId = `m${++this.#messages}`): unknown {
    const { protocol, epoch } = this;
    const header = { type: "ocpp.call", cause: messageId, protocol, action, messageId, epoch };
    return this.stage.ask(this.address, header, payload);
  }

  boot(serialNumber?: string, messageId?: string): unknown {
    const serial = serialNumber === undefined ? {} : { serialNumber };
    const serial16 = serialNumber === undefined ? {} : { chargePointSerialNumber: serialNumber };
    return this.call(
      "BootNotification",
      this.protocol === "ocpp1.6"
        ? { chargePointVendor: "V", chargePointModel: "M", ...serial16 }
        : { reason: "PowerUp", chargingStation: { vendorName: "V", model: "M", ...serial } },
      messageId,
    );
  }

  tell(type: string, body: unknown = {}, extra: Readonly<Record<string, string>> = {}): unknown {
    const cause = `test ${++this.#tells}`;
    return this.stage.ask(this.address, { type, cause, ...extra }, body);
  }

  /** What became of a CALL of ours. */
  answer(messageId: string, answer: unknown): void {
    this.tell("ocpp.answer", answer, { messageId, epoch: this.epoch });
  }

  /** CALLs that the gateways were given for this station, oldest first. */
  orders(): readonly Extract<GatewayOrder, { order: "call" }>[] {
    return this.stage.sent.map(({ message }) => message as GatewayOrder)
      .filter((order) => order.order === "call");
  }

  describe(): Readonly<Record<string, unknown>> {
    return this.tell("station.describe") as Readonly<Record<string, unknown>>;
  }

  session(n: number): Readonly<Record<string, unknown>> {
    const address = `default:session/${stationKey(this.id)}~${n}`;
    const header = { type: "session.describe", cause: "test" };
    return this.stage.ask(address, header) as Readonly<Record<string, unknown>>;
  }

  /** Names of the facts of alerts, as `opened faulted`. */
  alerts(): readonly string[] {
    return this.stage.facts.filter(({ name }) => name.startsWith("alert."))
      .map(({ name, data }) => `${name.slice(6)} ${(data as { kind: string }).kind}`);
  }

  time(): string {
    return new Date(this.stage.now).toISOString();
  }
}

/** The kind of error that `run` is refused with. */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof PlatformError, `not refused but failed: ${String(error)}`);
    return error.kind;
  }
  return "none";
}

export function tokenRecord(uid: string, changes: Partial<TokenRecord> = {}): TokenRecord {
  return {
    uid,
    type: "ISO14443",
    status: "Accepted",
    groupId: null,
    expiresAt: null,
    concurrentSessions: 1,
    ...changes,
  };
}

export { kinds };
