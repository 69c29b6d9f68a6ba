/** Measured quantities in the units that everything inside uses (rules M1, M2, M6). */

export interface Quantity {
  readonly value: number;
  readonly unit: string;
}

interface Scale {
  readonly unit: string;
  /** Power of ten by which a value is multiplied. */
  readonly exponent: number;
}

/**
 * Units of OCPP with the unit they become. Both spellings of Celsius are in the field (rule M6).
 */
const scales: ReadonlyMap<string, Scale> = new Map(Object.entries({
  Wh: { unit: "Wh", exponent: 0 },
  kWh: { unit: "Wh", exponent: 3 },
  MWh: { unit: "Wh", exponent: 6 },
  varh: { unit: "varh", exponent: 0 },
  kvarh: { unit: "varh", exponent: 3 },
  VAh: { unit: "VAh", exponent: 0 },
  kVAh: { unit: "VAh", exponent: 3 },
  W: { unit: "W", exponent: 0 },
  kW: { unit: "W", exponent: 3 },
  MW: { unit: "W", exponent: 6 },
  mW: { unit: "W", exponent: -3 },
  VA: { unit: "VA", exponent: 0 },
  kVA: { unit: "VA", exponent: 3 },
  var: { unit: "var", exponent: 0 },
  kvar: { unit: "var", exponent: 3 },
  A: { unit: "A", exponent: 0 },
  mA: { unit: "A", exponent: -3 },
  V: { unit: "V", exponent: 0 },
  mV: { unit: "V", exponent: -3 },
  kV: { unit: "V", exponent: 3 },
  Hz: { unit: "Hz", exponent: 0 },
  RPM: { unit: "RPM", exponent: 0 },
  Percent: { unit: "Percent", exponent: 0 },
  "%": { unit: "Percent", exponent: 0 },
  Celsius: { unit: "Celsius", exponent: 0 },
  Celcius: { unit: "Celsius", exponent: 0 },
}));

/** Spellings that differ from the standard's in case alone, where that leaves no doubt. */
const looseUnits: ReadonlyMap<string, string> = new Map(
  ["Wh", "kWh", "varh", "kvarh", "VAh", "kVAh", "kW", "kVA", "kvar", "Hz", "RPM", "Percent"]
    .map((unit) => [unit.toLowerCase(), unit]),
);

/**
 * The unit of a value that came without one. The standard's default is Wh, which only energy can
 * mean; the other measurands have one unit that is likely.
 */
export function unitDefault(measurand: string): string {
  if (measurand.startsWith("Energy.Reactive.")) return "varh";
  if (measurand.startsWith("Energy.Apparent.")) return "VAh";
  if (measurand === "Power.Factor") return "";
  if (measurand.startsWith("Power.Reactive.")) return "var";
  if (measurand.startsWith("Power.")) return "W";
  if (measurand.startsWith("Current.")) return "A";
  if (measurand.startsWith("Voltage")) return "V";
  if (measurand === "SoC" || measurand.endsWith("SOC")) return "Percent";
  if (measurand === "Frequency") return "Hz";
  if (measurand === "Temperature") return "Celsius";
  if (measurand === "RPM") return "RPM";
  return measurand.startsWith("Energy") ? "Wh" : "";
}

/**
 * A reading in Wh, W, A, V, Percent, Celsius, …; `exponent` is OCPP 2.x's `multiplier`. A unit that
 * is not known stays as it is. Decimal scaling is exact: 1.234 kWh is 1234 Wh.
 */
export function normalise(value: number, unit: string, exponent = 0): Quantity {
  const scale = scales.get(unit) ??
    scales.get(looseUnits.get(unit.toLowerCase()) ?? "");
  if (scale !== undefined) {
    return { value: scaleByTen(value, exponent + scale.exponent), unit: scale.unit };
  }
  const scaled = scaleByTen(value, exponent);
  if (unit === "K") return { value: trimNoise(scaled - 273.15), unit: "Celsius" };
  if (unit === "Fahrenheit") return { value: trimNoise((scaled - 32) * 5 / 9), unit: "Celsius" };
  return { value: scaled, unit };
}

/**
 * `value` × 10^`exponent`, rounded once: through decimal text, as 1.1 × 1000 in binary is not 1100.
 */
export function scaleByTen(value: number, exponent: number): number {
  if (exponent === 0) return value;
  const [mantissa = "0", own = "0"] = String(value).split("e");
  return Number(`${mantissa}e${Number(own) + exponent}`);
}

/** A sum of binary fractions shows noise in its last digits; nothing is measured to 10^-9. */
function trimNoise(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
