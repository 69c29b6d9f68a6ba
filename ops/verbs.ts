/** What an operator may say, and which process is asked to do it. */

export interface Verb {
  /** As it is typed: `dead retry`. */
  readonly name: string;
  /** Words after it; a `?` at the end: it may be absent. */
  readonly words: readonly string[];
  /** Options of its own that take a value. */
  readonly options?: readonly string[];
  readonly help: string;
  /** What it does that cannot be taken back; it is asked about first. */
  readonly danger?: string;
  /** Who is asked: any worker, the one that holds the actor, one that is named, or all. */
  readonly target: "worker" | "owner" | "named" | "named or all";
  /** What the process calls it. */
  readonly operation: string;
}

export const verbs: readonly Verb[] = [
  {
    name: "inspect",
    words: ["actor"],
    options: ["rows"],
    help: "where an actor lives, its state, its mailbox, its newest journal rows",
    target: "owner",
    operation: "inspect",
  },
  {
    name: "replay",
    words: ["actor"],
    options: ["until"],
    help: "runs its journal again; says the first row that comes out differently",
    target: "owner",
    operation: "replay",
  },
  {
    name: "evict",
    words: ["actor"],
    help: "takes an idle actor out of memory; it comes back from the store",
    target: "owner",
    operation: "evict",
  },
  {
    name: "dead",
    words: [],
    options: ["limit"],
    help: "messages that could not be worked out",
    target: "worker",
    operation: "dead-list",
  },
  {
    name: "dead show",
    words: ["letter"],
    help: "one of them, whole",
    target: "worker",
    operation: "dead-show",
  },
  {
    name: "dead retry",
    words: ["letter"],
    help: "sends one of them to its actor again",
    danger: "The message counts when its actor takes it now.",
    target: "worker",
    operation: "dead-retry",
  },
  {
    name: "dead discard",
    words: ["letter"],
    help: "throws one of them away",
    danger: "The message is lost for ever.",
    target: "worker",
    operation: "dead-discard",
  },
  {
    name: "commands",
    words: [],
    options: ["limit"],
    help: "commands of which nobody knows whether the station did them",
    target: "worker",
    operation: "command-list",
  },
  {
    name: "commands settle",
    words: ["command", "outcome"],
    options: ["tenant"],
    help: "says how one of them ended: accepted, rejected or failed",
    danger: "Drivers and partners are told so.",
    target: "worker",
    operation: "command-settle",
  },
  {
    name: "commands retry",
    words: ["command"],
    options: ["tenant"],
    help: "sends one of them again, if that does no harm twice",
    danger: "The station may have done it already.",
    target: "worker",
    operation: "command-retry",
  },
  {
    name: "shards",
    words: [],
    help: "who has each shard, as Postgres says, and which are pinned",
    target: "worker",
    operation: "placement",
  },
  {
    name: "move",
    words: ["shard", "worker"],
    help: "moves a shard to a worker, where it stays while that lives",
    danger: "Its stations wait for some 10 ms.",
    target: "worker",
    operation: "pin",
  },
  {
    name: "unpin",
    words: ["shard"],
    help: "lets the hash decide again where a shard is",
    target: "worker",
    operation: "unpin",
  },
  {
    name: "drain",
    words: ["process"],
    help: "hands the work of a process to others; it stays idle until it is ended",
    danger: "It takes no work again: end it, and start another.",
    target: "named",
    operation: "drain",
  },
  {
    name: "log",
    words: ["process", "level"],
    help: "what a process (or all) writes from now on: debug, info, warn or error",
    target: "named or all",
    operation: "log-level",
  },
  {
    name: "audit",
    words: [],
    options: ["limit"],
    help: "who used these, when, and how it went",
    target: "worker",
    operation: "audit",
  },
];

/** What is typed after `task ops`, as help. */
export const usage: string = [
  "deno task ops                      the cluster as a live table (Ctrl-C ends it)",
  "deno task ops --once               the table once; exit code 1 when there are alerts",
  "deno task ops <verb> ...",
  "",
  ...verbs.map(({ name, words, options = [], help }) => {
    const shape = [
      name,
      ...words.map((word) => `<${word}>`),
      ...options.map((one) => `[--${one}]`),
    ];
    return `  ${shape.join(" ").padEnd(36)} ${help}`;
  }),
  "",
  "  --json               one line of JSON instead of text",
  "  --yes                do not ask before what cannot be taken back",
  "  --as <name>          who you are, for the audit (default: $USER)",
  "  --interval <s>       seconds between two looks of the live table (default 2)",
  "",
  "An actor is <kind>/<key> or <tenant>:<kind>/<key>, for example charger/CP1 or session/CP1~3.",
  "A process is a worker's name, or an id of the table (its beginning will do).",
  "NATS_URL says where the cluster is (default: the embedded one), OPS_KEY seals what you ask",
  "(default: ops.key in DATA_DIR).",
].join("\n");
