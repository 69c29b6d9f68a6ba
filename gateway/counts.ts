import type { Clock } from "#engine/ports/clock.ts";
import type { CounterMetric, HistogramMetric, Telemetry } from "#engine/telemetry.ts";
import { TokenBucket } from "./token_bucket.ts";

/** Every bound that a station can run into. */
export type Bound =
  | "frame-size"
  | "binary-frame"
  | "bad-frame"
  | "bad-frame-budget"
  | "message-budget"
  | "their-calls-waiting"
  | "our-calls-waiting"
  | "slow-reader"
  | "silent"
  | "not-granted"
  | "borne"
  | "quirk"
  | "unasked-result"
  | "withheld"
  | "password-refused"
  | "password-throttled"
  | "rival";

/** Log lines about stations: an outage concerns all of them at once, and says the same of each. */
const logBudget = { burst: 50, perSecond: 5, debtMax: 0 };

/** Stations whose bounds are remembered; the oldest is forgotten first. */
const STATIONS_MAX = 20_000;

/** What a gateway counts: plain adds on the hot path, and each bound also per station. */
export class Counts {
  readonly framesIn: CounterMetric;
  readonly framesOut: CounterMetric;
  readonly answered: CounterMetric;
  readonly withheld: CounterMetric;
  readonly callErrors: CounterMetric;
  readonly faultyResponses: CounterMetric;
  readonly handshakes: CounterMetric;
  readonly ourCalls: CounterMetric;
  readonly lostLogFrames: CounterMetric;
  readonly lostReports: CounterMetric;
  readonly answerSeconds: HistogramMetric;
  readonly #bounds: CounterMetric;
  readonly #stations = new Map<string, Map<Bound, number>>();
  readonly #telemetry: Telemetry;
  readonly #clock: Clock;
  readonly #lines: TokenBucket;

  constructor(telemetry: Telemetry, clock: Clock) {
    const name = (rest: string): string => `statewatt_gateway_${rest}`;
    this.#telemetry = telemetry;
    this.#clock = clock;
    this.#lines = new TokenBucket(logBudget, clock);
    this.framesIn = telemetry.counter(name("frames_in_total"), "Text frames of stations");
    this.framesOut = telemetry.counter(name("frames_out_total"), "Frames written to stations");
    this.answered = telemetry.counter(name("answered_total"), "CALLs answered by CALLRESULT");
    this.withheld = telemetry.counter(
      name("withheld_total"),
      "Answers not given because of our own trouble",
    );
    this.callErrors = telemetry.counter(name("call_errors_total"), "CALLERRORs sent", ["code"]);
    this.faultyResponses = telemetry.counter(
      name("faulty_own_payloads_total"),
      "Payloads of ours that broke the official schema and did not leave",
    );
    this.handshakes = telemetry.counter(name("handshakes_total"), "Upgrades by outcome", [
      "outcome",
    ]);
    this.ourCalls = telemetry.counter(name("our_calls_total"), "CALLs of ours by outcome", [
      "outcome",
    ]);
    this.lostLogFrames = telemetry.counter(
      name("log_frames_lost_total"),
      "Frames that did not reach the OCPP log",
    );
    this.lostReports = telemetry.counter(
      name("reports_lost_total"),
      "Reports to actors that were given up",
    );
    this.answerSeconds = telemetry.histogram(
      name("answer_seconds"),
      "From a station's CALL to its answer, of one in sixteen",
    );
    this.#bounds = telemetry.counter(name("bounds_total"), "Limits that were reached", ["bound"]);
  }

  /** Counts a bound that a station hit, and logs the 1st, 10th, 100th, … time. */
  hit(bound: Bound, identity: string, detail = ""): void {
    this.#bounds.with(bound).add();
    let station = this.#stations.get(identity);
    if (station === undefined) {
      station = new Map();
      this.#stations.set(identity, station);
      this.#forgetOldest();
    }
    const times = (station.get(bound) ?? 0) + 1;
    station.set(bound, times);
    if (!isPowerOfTen(times) || !this.#lines.take(logBudget, this.#clock)) return;
    this.#telemetry.log("warn", `station ${bound}`, { station: identity, times, detail });
  }

  /** What a station has run into since the gateway started. */
  boundsOf(identity: string): Readonly<Partial<Record<Bound, number>>> {
    return Object.fromEntries(this.#stations.get(identity) ?? []);
  }

  log(level: "info" | "warn" | "error", text: string, fields: Record<string, unknown> = {}): void {
    this.#telemetry.log(level, text, fields);
  }

  #forgetOldest(): void {
    if (this.#stations.size <= STATIONS_MAX) return;
    for (const identity of this.#stations.keys()) {
      this.#stations.delete(identity);
      return;
    }
  }
}

function isPowerOfTen(times: number): boolean {
  return /^10*$/.test(String(times));
}
