import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { Session } from "#schemas/rest/session.ts";
import type { Station } from "#schemas/rest/station.ts";
import type { TestPlatform } from "../clients/test_platform.ts";
import { protocolOf, type Version } from "./case_lists.ts";
import { CaseRest, type RestAnswer } from "./case_rest.ts";
import { requireMatch } from "./match.ts";
import { type Payload, Recording } from "./recording.ts";
import { type Answers, ScriptedStation, WAIT_MS } from "./scripted_station.ts";
import { bootNotification, type BootReason, statusNotification } from "./station_words.ts";

const POLL_MS = 20;

export interface NewStation {
  /** That of the case unless named. */
  readonly protocol?: OcppProtocol;
  /** Makes it a station of security profile 1. */
  readonly password?: string;
  /** EVSEs (1.6: connectors) that report Available after the boot; default 1. */
  readonly evses?: number;
  /** False: it is registered only, and neither connects nor boots. */
  readonly boots?: boolean;
  readonly answers?: Answers;
  /** More of the body of POST /stations. A case sees no CALL it did not ask for: quiet is true. */
  readonly settings?: Payload;
}

export interface NewToken {
  readonly type?: string;
  readonly status?: "Accepted" | "Blocked" | "Expired" | "Invalid";
  readonly groupId?: string;
  readonly expiresAt?: string;
  readonly concurrentSessions?: number;
}

/** A token as REST and as the wire of 2.x name it. */
export interface CaseToken {
  readonly uid: string;
  readonly idToken: { readonly idToken: string; readonly type: string };
}

/** What a case works with: the platform, stations, tokens, and assertions that are recorded. */
export class ConformanceRun {
  readonly platform: TestPlatform;
  readonly rest: CaseRest;
  readonly protocol: OcppProtocol;
  readonly recording = new Recording();
  readonly assertions = new Set<string>();
  unexpected: readonly string[] = [];
  readonly #stations: ScriptedStation[] = [];

  constructor(platform: TestPlatform, version: Version) {
    this.platform = platform;
    this.rest = new CaseRest(platform.rest);
    this.protocol = protocolOf[version];
  }

  equal(what: string, actual: unknown, expected: unknown): void {
    assert.deepEqual(actual, expected, `${what}: ${JSON.stringify(actual)}`);
    this.assertions.add(what);
  }

  ok(what: string, isTrue: boolean): void {
    assert.ok(isTrue, what);
    this.assertions.add(what);
  }

  /** Of objects only the named fields count; RegExps and predicates match: see `match.ts`. */
  match(what: string, actual: unknown, expected: unknown): void {
    requireMatch(what, actual, expected);
    this.assertions.add(what);
  }

  /** Asks again until `ask` no longer throws, at most {@link WAIT_MS}. */
  async eventually<Value>(what: string, ask: () => Promise<Value>): Promise<Value> {
    const endsAtMs = performance.now() + WAIT_MS;
    for (;;) {
      try {
        // deno-lint-ignore no-await-in-loop -- polls what has no way to call us
        const value = await ask();
        this.assertions.add(what);
        return value;
      } catch (thrown) {
        if (performance.now() > endsAtMs) {
          throw new Error(`${what}: ${String(thrown)}`, { cause: thrown });
        }
      }
      // deno-lint-ignore no-await-in-loop -- see above
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** A station of a fresh identity: registered, connected, booted, its EVSEs Available. */
  async newStation(options: NewStation = {}): Promise<ScriptedStation> {
    const { password, evses = 1, boots = true } = options;
    const identity = `CASE-${randomUUID().slice(0, 18)}`;
    const created = await this.rest.post("/stations", {
      id: identity,
      securityProfile: password === undefined ? 0 : 1,
      quiet: true,
      ...(password === undefined ? {} : { password }),
      ...options.settings,
    });
    assert.equal(created.status, 201, `the station is registered: ${JSON.stringify(created)}`);
    const station = new ScriptedStation({
      url: this.platform.ocppUrl,
      identity,
      protocol: options.protocol ?? this.protocol,
      password,
      answers: options.answers,
    }, this.recording);
    this.#stations.push(station);
    if (!boots) return station;
    await station.connect();
    const boot = await this.boot(station);
    assert.equal(boot["status"], "Accepted", "the station is accepted");
    for (let evseId = 1; evseId <= evses; evseId++) {
      // deno-lint-ignore no-await-in-loop -- one CALL in flight
      await this.status(station, evseId, "Available");
    }
    return station;
  }

  boot(station: ScriptedStation, reason?: BootReason): Promise<Payload> {
    return station.call("BootNotification", bootNotification(station.protocol, reason));
  }

  /** 1.6: `evseId` is the connector's number. */
  async status(
    station: ScriptedStation,
    evseId: number,
    status: string,
    connectorId = 1,
  ): Promise<void> {
    const payload = statusNotification(station.protocol, evseId, status, connectorId);
    await station.call("StatusNotification", payload);
  }

  /** A fresh token; the platform decides on it from this moment. */
  async newToken(settings: NewToken = {}): Promise<CaseToken> {
    const uid = randomUUID().replaceAll("-", "").slice(0, 20).toUpperCase();
    const created = await this.rest.post("/tokens", { uid, ...settings });
    assert.equal(created.status, 201, `the token is kept: ${JSON.stringify(created)}`);
    return { uid, idToken: { idToken: uid, type: settings.type ?? "ISO14443" } };
  }

  /**
   * An operator's raw call: waits until it is on the wire exactly as asked, answers it and gives
   * what REST says then.
   */
  async operate(
    station: ScriptedStation,
    action: string,
    request: Payload,
    response: Payload,
  ): Promise<RestAnswer> {
    const asked = this.rest.post(`/stations/${station.identity}/calls`, {
      action,
      payload: request,
    });
    const call = await orAnswer(station.expectCall(action), asked);
    this.equal(`${action} goes out as the operator wrote it`, call.payload, request);
    call.answer(response);
    const answer = await asked;
    this.match(`REST shows the station's answer to ${action}`, answer, {
      status: 200,
      body: { status: "answered", response },
    });
    return answer;
  }

  /** Like {@link operate}, but the station answers with a CALLERROR, which REST must show. */
  async operateRefused(
    station: ScriptedStation,
    action: string,
    request: Payload,
    code: string,
  ): Promise<RestAnswer> {
    const asked = this.rest.post(`/stations/${station.identity}/calls`, {
      action,
      payload: request,
    });
    const call = await orAnswer(station.expectCall(action), asked);
    this.equal(`${action} goes out as the operator wrote it`, call.payload, request);
    call.fail(code);
    const answer = await asked;
    this.match(`REST shows the station's CALLERROR to ${action}`, answer, {
      status: 200,
      body: { status: "failed", error: { code } },
    });
    return answer;
  }

  /** A typed command; gives its id at once. */
  async command(station: ScriptedStation, kind: string, body: Payload): Promise<string> {
    const path = `/stations/${station.identity}/commands/${kind}`;
    const answer = await this.rest.post<{ readonly id: string }>(path, body);
    assert.equal(answer.status, 202, `the command is taken: ${JSON.stringify(answer)}`);
    return answer.body.id;
  }

  /** Waits until a command is as `expected` (fields of GET /commands/{id}). */
  commandIs(id: string, expected: Payload): Promise<Payload> {
    return this.eventually(`the command is ${JSON.stringify(expected)}`, async () => {
      const { body } = await this.rest.get(`/commands/${id}`);
      requireMatch("the command", body, expected);
      return body;
    });
  }

  /** Waits until the station's newest session is as `expected`. */
  sessionIs(station: ScriptedStation, expected: Payload): Promise<Session> {
    return this.eventually(`the session is ${JSON.stringify(expected)}`, async () => {
      const [session] = await this.rest.list<Session>(`/sessions?station=${station.identity}`);
      if (session === undefined) throw new Error("there is no session");
      requireMatch("the session", session, expected);
      return session;
    });
  }

  /** All sessions that the station ever had, newest first. */
  sessionsOf(station: ScriptedStation): Promise<readonly Session[]> {
    return this.rest.list<Session>(`/sessions?station=${station.identity}`);
  }

  /** Waits until GET /stations/{id} is as `expected`. */
  stationIs(station: ScriptedStation, expected: Payload): Promise<Station> {
    return this.eventually(`the station is ${JSON.stringify(expected)}`, async () => {
      const { body } = await this.rest.get<Station>(`/stations/${station.identity}`);
      requireMatch("the station", body, expected);
      return body;
    });
  }

  /** Ends all stations of the case. */
  end(): void {
    this.unexpected = this.#stations.flatMap((station) => station.end());
  }
}

/** What a case that ran to its end still lacks to be a proof. */
export function whyUnproven(
  c: Pick<ConformanceRun, "recording" | "unexpected" | "assertions">,
): readonly string[] {
  return [
    ...c.recording.breaches.map((breach) => `the platform broke the standard: ${breach}`),
    ...c.unexpected.map((action) => `nobody expected a CALL ${action}`),
    ...(c.recording.frames.length > 0 ? [] : ["without a frame it proves nothing"]),
    ...(c.assertions.size > 0 ? [] : ["without an assertion it proves nothing"]),
  ];
}

/** What an operator asked for may be refused before it reaches the station: that is told then. */
export async function orAnswer<Value>(
  awaited: Promise<Value>,
  asked: Promise<RestAnswer<unknown>>,
): Promise<Value> {
  const refused = asked.then((answer): Promise<never> => {
    throw new Error(`REST answered first: ${JSON.stringify(answer)}`);
  });
  return await Promise.race([awaited, refused]);
}
