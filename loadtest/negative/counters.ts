import type { PlatformRest } from "../platform_rest.ts";

/** Counters of a platform by their name with labels, as `/metrics` prints them. */
export type Counters = ReadonlyMap<string, number>;

export async function readCounters(rest: PlatformRest): Promise<Counters> {
  const response = await rest.request("GET", "/metrics");
  const lines = (await response.text()).split("\n").filter((line) => !line.startsWith("#"));
  return new Map(lines.map((line): [string, number] => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

/** By how much each counter of a metric has grown, by one of its labels; others are left out. */
export function growth(
  before: Counters,
  after: Counters,
  { metric, label }: { readonly metric: string; readonly label: string },
): Readonly<Record<string, number>> {
  const pattern = new RegExp(`^${metric}\\{(?:.*,)?${label}="([^"]*)"`);
  const found = [...after].flatMap(([name, value]): [string, number][] => {
    const word = pattern.exec(name)?.[1];
    const grown = value - (before.get(name) ?? 0);
    return word === undefined || grown === 0 ? [] : [[word, grown]];
  });
  return Object.fromEntries(found);
}
