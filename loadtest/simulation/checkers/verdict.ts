/** Every rule that the simulation checks, by the name that a failure tells. */
export const checkerNames = {
  answered: "An answered message is never lost (design 1.1)",
  writer: "One writer per shard and epoch, sequences without gap (design 1.2)",
  once: "Repeats change nothing and get the first answer again (design 1.3)",
  pure: "Every journalled row replays to the same outcome (design 1.4)",
  energy: "Energy billed is energy reported, each session once (design 1.5)",
  epochs: "Connection epochs of a station only rise (design 1.7)",
  presence: "What is shown of a station's connection becomes true (design 1.7)",
  bounds: "What has a bound keeps it (design 1.8)",
  refusals: "No CALLERROR for our trouble where the station would give up (design 1.8)",
  input: "Bad input changes nothing (design 1.9)",
  aside: "Only what cannot be worked out is set aside (design 1.9)",
  commands: "A command reaches the station at most once, after its commit (design 4)",
  outcomes: "What is said of a command's outcome is true (design 4)",
  memory: "An answer from memory leaves only under proof of ownership (design 4)",
  alarms: "An alarm rings once per generation (design 4)",
  facts: "The stream holds the journal's facts, once and in order per shard (design 4)",
  tokens: "No token is in more sessions than its limit (design 4)",
  owners: "At the end every shard is served by exactly one living worker (design 4)",
  liveness: "After the faults everything settles in time",
  simulation: "The simulation itself can go on",
} as const;

export type CheckerName = keyof typeof checkerNames;

/** What a checker found. */
export class Breach extends Error {
  readonly checker: CheckerName;
  readonly step: number;

  constructor(checker: CheckerName, detail: string, step: number) {
    super(`${checker}: ${detail} (step ${step})`);
    this.name = "Breach";
    this.checker = checker;
    this.step = step;
  }
}

/** Takes what a checker finds; the first finding ends the run. */
export type Tell = (checker: CheckerName, detail: string) => void;
