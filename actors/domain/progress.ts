/** What a live view shows of a session or a connector, from its samples. */
import type { Sample } from "#schemas/events/station.ts";

export interface Progress {
  /** Time of the newest sample that is in here. */
  readonly at: number;
  readonly powerW: number | null;
  /** The largest phase current. */
  readonly currentA: number | null;
  readonly socPercent: number | null;
  /** The station's register, as reported: not the energy of the session. */
  readonly registerWh: number | null;
  /** Time of `registerWh`, from which the next power can be derived. */
  readonly registerAt: number;
}

export const noProgress: Progress = {
  at: 0,
  powerW: null,
  currentA: null,
  socPercent: null,
  registerWh: null,
  registerAt: 0,
};

/** Below this, a register of whole watt-hours says more about its rounding than about power. */
const deriveMsMin = 10_000;

/** Takes the samples of one message; an older one than what is known changes nothing. */
export function progressed(progress: Progress, samples: readonly Sample[]): Progress {
  const instants = [...new Set(samples.map(({ at }) => at))].toSorted((one, other) => one - other);
  return instants.reduce(
    (newest, at) => withInstant(newest, samples.filter((sample) => sample.at === at), at),
    progress,
  );
}

function withInstant(progress: Progress, samples: readonly Sample[], at: number): Progress {
  if (at < progress.at) return progress;
  const registerWh = total(samples, "Energy.Active.Import.Register");
  const powerW = powerOf(samples) ?? derivedPower(progress, registerWh, at);
  return {
    at,
    powerW: powerW ?? progress.powerW,
    currentA: largest(samples, "Current.Import") ?? progress.currentA,
    socPercent: total(samples, "SoC") ?? progress.socPercent,
    registerWh: registerWh ?? progress.registerWh,
    registerAt: registerWh === null ? progress.registerAt : at,
  };
}

/** The reported total, else the sum of the phases, else current times voltage over the phases. */
function powerOf(samples: readonly Sample[]): number | null {
  const reported = total(samples, "Power.Active.Import") ?? sum(samples, "Power.Active.Import");
  if (reported !== null) return Math.round(reported);
  const products = samples
    .filter(({ measurand, phase }) => measurand === "Current.Import" && phase !== null)
    .map((current) => productOf(current, samples));
  if (products.length === 0 || products.includes(null)) return null;
  return Math.round(products.reduce<number>((watts, product) => watts + (product ?? 0), 0));
}

function productOf(current: Sample, samples: readonly Sample[]): number | null {
  const line = current.phase?.slice(0, 2);
  const voltage = samples.find(({ measurand, phase }) =>
    measurand === "Voltage" && (phase === line || phase === `${line}-N`)
  );
  return voltage === undefined ? null : current.value * voltage.value;
}

/** Mean power since the last register reading, when the station reports no power. */
function derivedPower(progress: Progress, registerWh: number | null, at: number): number | null {
  if (registerWh === null || progress.registerWh === null) return null;
  const ms = at - progress.registerAt;
  if (ms < deriveMsMin || registerWh < progress.registerWh) return null;
  return Math.round((registerWh - progress.registerWh) * 3_600_000 / ms);
}

function total(samples: readonly Sample[], measurand: string): number | null {
  const found = samples.find((sample) => sample.measurand === measurand && sample.phase === null);
  return found?.value ?? null;
}

function sum(samples: readonly Sample[], measurand: string): number | null {
  const phases = ofPhases(samples, measurand);
  return phases.length === 0 ? null : phases.reduce((watts, { value }) => watts + value, 0);
}

function largest(samples: readonly Sample[], measurand: string): number | null {
  const phases = ofPhases(samples, measurand);
  if (phases.length === 0) return total(samples, measurand);
  return Math.max(...phases.map(({ value }) => value));
}

/** One value per conductor; neutral and phase pairs are not added (rule M3). */
function ofPhases(samples: readonly Sample[], measurand: string): readonly Sample[] {
  return samples.filter((sample) =>
    sample.measurand === measurand && /^L[123](-N)?$/.test(sample.phase ?? "")
  );
}
