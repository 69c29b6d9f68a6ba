/**
 * Command lines of the load tools: `--name value` pairs and `--flag`, described once, checked once.
 */

export interface OptionSpec {
  readonly type: "text" | "number" | "flag";
  readonly help: string;
  readonly default?: string | number;
  /** Numbers only; both ends are allowed. */
  readonly min?: number;
  readonly max?: number;
  /** Texts only: what may be said. */
  readonly choices?: readonly string[];
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What was said, or the default; an option without either is undefined (a flag: false). */
export interface Options {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  flag(name: string): boolean;
}

/** A command line that cannot be carried out: one sentence, exit code 2. */
export class OptionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OptionError";
  }
}

/**
 * Reads `argv` (a leading `--`, which task runners pass on, is skipped).
 * @throws {OptionError} for an unknown name, a missing or a bad value.
 */
export function parseOptions(argv: readonly string[], specs: OptionSpecs): Options {
  const said = new Map<string, string | number | true>();
  const words = argv[0] === "--" ? argv.slice(1) : [...argv];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const [name, inline] = splitWord(word);
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined) {
      throw new OptionError(`Cannot use ${word}: the options are ${listOf(specs)}`);
    }
    if (spec.type === "flag") {
      if (inline !== undefined) throw new OptionError(`Cannot use ${word}: it takes no value`);
      said.set(name, true);
      continue;
    }
    const value = inline ?? words[++index];
    if (value === undefined) throw new OptionError(`Cannot use --${name}: its value is missing`);
    said.set(name, checked(name, spec, value));
  }
  return {
    text: (name) => textOf(said.get(name) ?? specs[name]?.default),
    number: (name) => numberOf(said.get(name) ?? specs[name]?.default),
    flag: (name) => said.get(name) === true,
  };
}

/** One line per option, for `--help`. */
export function describeOptions(specs: OptionSpecs): string {
  return Object.entries(specs).map(([name, spec]) => {
    const value = spec.type === "flag" ? "" : ` <${spec.choices?.join("|") ?? spec.type}>`;
    const preset = spec.default === undefined ? "" : ` (default ${spec.default})`;
    return `  --${name}${value}  ${spec.help}${preset}`;
  }).join("\n");
}

function splitWord(word: string): readonly [string, string | undefined] {
  if (!word.startsWith("--") || word.length === 2) return ["", undefined];
  const end = word.indexOf("=");
  return end === -1 ? [word.slice(2), undefined] : [word.slice(2, end), word.slice(end + 1)];
}

function listOf(specs: OptionSpecs): string {
  return Object.keys(specs).map((name) => `--${name}`).join(", ");
}

function checked(name: string, spec: OptionSpec, value: string): string | number {
  if (spec.type === "text") {
    if (spec.choices === undefined || spec.choices.includes(value)) return value;
    throw new OptionError(`Cannot use --${name} ${value}: it is one of ${spec.choices.join(", ")}`);
  }
  const number = value.trim() === "" ? Number.NaN : Number(value);
  const { min = -Infinity, max = Infinity } = spec;
  if (Number.isFinite(number) && number >= min && number <= max) return number;
  throw new OptionError(`Cannot use --${name} ${value}: it is a number from ${min} to ${max}`);
}

function textOf(value: string | number | true | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function numberOf(value: string | number | true | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}
