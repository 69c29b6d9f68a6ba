import { type Verb, verbs } from "./verbs.ts";

export interface CommandLine {
  /** Undefined: the table. */
  readonly verb: Verb | undefined;
  /** Words and options of the verb, by name. */
  readonly args: Readonly<Record<string, string>>;
  readonly isHelp: boolean;
  readonly isOnce: boolean;
  readonly isJson: boolean;
  readonly isSure: boolean;
  readonly as: string | undefined;
  readonly intervalMs: number;
}

/** A command line that cannot be carried out: one sentence, exit code 2. */
export class UsageError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = "UsageError";
  }
}

const flags = ["help", "once", "json", "yes"];
const values = ["as", "interval", "rows", "until", "limit", "tenant"];
const INTERVAL_S = 2;
const INTERVAL_S_MAX = 3_600;

/** @throws {UsageError} */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { words, said } = split(argv[0] === "--" ? argv.slice(1) : argv);
  const isHelp = said.has("help") || words[0] === "help";
  const verb = isHelp || words.length === 0 ? undefined : verbOf(words);
  const args = verb === undefined ? {} : argsOf(verb, words, said);
  return {
    ...{ verb, args, isHelp },
    isOnce: said.has("once"),
    isJson: said.has("json"),
    isSure: said.has("yes"),
    as: said.get("as"),
    intervalMs: intervalOf(said.get("interval")) * 1_000,
  };
}

function split(
  argv: readonly string[],
): { readonly words: readonly string[]; readonly said: ReadonlyMap<string, string> } {
  const words: string[] = [];
  const said = new Map<string, string>();
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (!word.startsWith("--")) {
      words.push(word === "-h" ? "help" : word);
      continue;
    }
    const [name = "", inline] = word.slice(2).split(/=(.*)/s);
    if (flags.includes(name) && inline === undefined) said.set(name, "");
    else if (values.includes(name)) {
      const value = inline ?? argv[++index];
      if (value === undefined || value === "") {
        throw new UsageError(`Cannot use --${name}: its value is missing.`);
      }
      said.set(name, value);
    } else throw new UsageError(`Cannot use ${word}: \`deno task ops --help\` lists the options.`);
  }
  return { words, said };
}

/** The longest name that fits: `dead retry` before `dead`. */
function verbOf(words: readonly string[]): Verb {
  const fitting = verbs.filter(({ name }) =>
    name.split(" ").every((part, index) => words[index] === part)
  ).sort((one, other) => other.name.length - one.name.length);
  const [verb] = fitting;
  if (verb !== undefined) return verb;
  throw new UsageError(`There is no ${words[0]}: \`deno task ops --help\` lists what there is.`);
}

function argsOf(
  { name, words: wanted, options = [] }: Verb,
  words: readonly string[],
  said: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const rest = words.slice(name.split(" ").length);
  const missing = wanted[rest.length];
  if (missing !== undefined) throw new UsageError(`Cannot ${name}: say which ${missing}.`);
  if (rest.length > wanted.length) {
    throw new UsageError(`Cannot ${name}: "${rest[wanted.length]}" is one word too many.`);
  }
  const args: Record<string, string> = {};
  wanted.forEach((word, index) => args[word] = rest[index] ?? "");
  for (const option of ["rows", "until", "limit", "tenant"]) {
    const value = said.get(option);
    if (value === undefined) continue;
    if (!options.includes(option)) throw new UsageError(`Cannot ${name}: it takes no --${option}.`);
    args[option] = value;
  }
  const { actor } = args;
  if (actor !== undefined) args["actor"] = wholeAddress(actor);
  return args;
}

/** The tenant may be left out. */
function wholeAddress(actor: string): string {
  if (/^[^:/]+:[a-z][a-z-]*\/./.test(actor)) return actor;
  if (/^[a-z][a-z-]*\/./.test(actor)) return `default:${actor}`;
  throw new UsageError(`"${actor}" is no actor: one is charger/CP1 or session/CP1~3.`);
}

function intervalOf(text: string | undefined): number {
  if (text === undefined) return INTERVAL_S;
  const seconds = Number(text);
  if (seconds >= 0.2 && seconds <= INTERVAL_S_MAX) return seconds;
  throw new UsageError(`--interval must be a number from 0.2 to ${INTERVAL_S_MAX}, not "${text}".`);
}
