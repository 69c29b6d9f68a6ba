/**
 * What the environment may set: one schema per process, with defaults, units in the names, and
 * reasons. A property `ocppPort` is the variable `OCPP_PORT`.
 */
import { type Static, type TObject, type TProperties, Type } from "@sinclair/typebox";
import { Ajv, type ErrorObject } from "ajv";

const port = (standard: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 65_535, default: standard, description });

const flag = (standard: boolean, description: string) =>
  Type.Boolean({ default: standard, description });

const postgresUrl = Type.String({
  pattern: "^postgres(ql)?://.+",
  description:
    "Postgres 15 or newer, as its own role and database: postgres://role:password@host/name",
});

const natsUrl = Type.String({
  pattern: "^(nats|tls)://.+",
  description: "NATS with JetStream: nats://host:4222, several servers separated by commas",
});

const natsReplicas = Type.Optional(Type.Integer({
  minimum: 1,
  maximum: 5,
  description: "NATS servers that keep facts and members: 3 for a cluster. Unset: 1 at first, " +
    "later as it was.",
}));

const everyProcess = {
  host: Type.Optional(Type.String({
    minLength: 1,
    description: "Address to listen on. Unset: all interfaces, IPv4 and IPv6.",
  })),
  logLevel: Type.Union(
    [Type.Literal("debug"), Type.Literal("info"), Type.Literal("warn"), Type.Literal("error")],
    { default: "info", description: "The least serious log lines that are written" },
  ),
  logFormat: Type.Union([Type.Literal("text"), Type.Literal("json")], {
    default: "text",
    description: "json for log collectors",
  }),
  opsKey: Type.Optional(Type.String({
    minLength: 32,
    description:
      "Seals requests of `task ops`, the same text for every process. Not the SERVER_KEY: workers " +
      "do not have it. Unset: operations are refused, an embedded start makes one in DATA_DIR.",
  })),
  codeRevision: Type.Optional(Type.String({
    pattern: "^[0-9A-Za-z.-]{1,64}$",
    description:
      "Revision of the code, shown by operations. Unset: that of the git checkout, if any",
  })),
  otelExporterOtlpEndpoint: Type.Optional(Type.String({
    pattern: "^https?://.+",
    description:
      "Collector of OpenTelemetry traces, OTLP over HTTP: http://host:4318. Unset: none.",
  })),
  otelExporterOtlpHeaders: Type.Optional(Type.String({
    minLength: 1,
    description: "Sent to the collector with each request: key=value,key2=value2",
  })),
  otelTracesSamplerArg: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.1,
    description: "Share of the stations that are traced at a time, each for a week.",
  }),
};

const ownMetrics = {
  metricsPort: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 9464,
    description:
      "/metrics, /healthz and /readyz. 0, or unset while the default is taken: any free port.",
  }),
};
const moreMetrics = {
  metricsPort: Type.Optional(Type.Integer({
    minimum: 0,
    maximum: 65_535,
    description: "A second listener for /metrics, /healthz and /readyz. Unset: on HTTP_PORT only.",
  })),
};

const gatewayOnly = {
  ocppPort: port(9220, "OCPP over WebSocket"),
  frameMaxBytes: Type.Integer({
    minimum: 1_024,
    maximum: 16_777_216,
    default: 524_288,
    description: "Largest OCPP frame taken. Reports of a station's variables reach hundreds of kB.",
  }),
  connectionsMax: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 20_000,
    description:
      "Sockets of one gateway; more get 503. A process has some 20,000 file descriptors.",
  }),
  pingAfterSeconds: Type.Integer({
    minimum: 1,
    maximum: 3_600,
    default: 30,
    description: "Silence before a WebSocket ping. Mobile networks forget idle connections.",
  }),
  reusePort: flag(
    false,
    "Several gateways of one machine listen at OCPP_PORT, and the kernel shares stations out",
  ),
  drainSeconds: Type.Integer({
    minimum: 0,
    maximum: 3_600,
    default: 2,
    description: "A gateway that ends closes its sockets over this time, so that the stations do " +
      "not all come back at once. Some minutes for 10,000; a second signal hurries.",
  }),
  trustForwardedFor: flag(
    false,
    "A proxy of ours stands before the gateway and appends to X-Forwarded-For where stations " +
      "come from",
  ),
};

const days = (standard: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 36_500, default: standard, description });

/** In days. What a running session needs is kept longer, whatever they say. */
const retention = {
  archiveAfterDays: days(
    7,
    "Ended sessions are packed away with their journal after so many days: late readings have come",
  ),
  journalKeepDays: days(
    35,
    "Journal by the row, also for the OCPP log: a month of support. Archived sessions replay",
  ),
  frameLogKeepDays: days(7, "OCPP frames that are not in the journal: heartbeats, errors"),
  meterValuesKeepDays: days(
    93,
    "Meter values one by one: three months of charts. Energy by quarter and the archive stay longer",
  ),
  energyQuartersKeepDays: days(1_100, "Energy by quarter of an hour: three years to compare"),
  energyDaysKeepDays: days(3_660, "Energy by day: ten years of reports"),
  stationEventsKeepDays: days(
    90,
    "What stations reported as it happened, such as alarms of their monitors: a season to compare",
  ),
  archiveKeepDays: days(
    3_660,
    "Archived sessions: ten years, as bookkeeping asks in many countries",
  ),
};

const workerOnly = {
  ...retention,
  workerName: Type.Optional(Type.String({
    pattern: "^[A-Za-z0-9_-]{1,40}$",
    description:
      "Name of this worker in the cluster, of no other process: one that comes back under its name " +
      "takes its shards at once. Unset: a new one at each start",
  })),
  autoRegisterStations: flag(
    false,
    "Unknown stations register themselves (open networks and trials only)",
  ),
  offlineAlertMinutes: Type.Integer({
    minimum: 1,
    maximum: 1_440,
    default: 5,
    description: "A station away for longer is an alert. Reboots and mobile networks take minutes.",
  }),
  shards: Type.Integer({
    minimum: 1,
    maximum: 65_536,
    default: 256,
    description: "Shards of a new installation; fixed afterwards. More workers than shards idle.",
  }),
};

const apiOnly = {
  httpPort: port(8080, "REST, console, metrics"),
  egressAllowPrivate: flag(
    false,
    "Webhooks may go to private addresses and by http: for closed networks, where all who may " +
      "set a webhook are trusted with what stands there",
  ),
  egressAllow: Type.Optional(Type.String({
    pattern: "^[^\\s,/]+( *, *[^\\s,/]+)*$",
    description: "Host names and addresses that webhooks may reach though they are private, by " +
      "commas",
  })),
  egressPorts: Type.String({
    pattern: "^[0-9]{1,5}( *, *[0-9]{1,5})*$",
    default: "80,443,8080,8443",
    description: "Ports that webhooks may go to, by commas",
  }),
  webhookDisableDays: Type.Integer({
    minimum: 1,
    maximum: 365,
    default: 3,
    description: "A webhook at which nothing has arrived for so many days is disabled",
  }),
  operatorApiKey: Type.Optional(Type.String({
    minLength: 16,
    description: "Bearer key of the operator. Unset: an embedded start makes one in DATA_DIR.",
  })),
};

const sealed = {
  serverKey: Type.Optional(Type.String({
    minLength: 32,
    description:
      "Seals station passwords and webhook secrets. The same text for every gateway and api of a " +
      "platform.",
  })),
};

const embeddedOnly = {
  dataDir: Type.String({
    minLength: 1,
    default: ".data",
    description: "Everything an embedded start keeps. Safe to delete when stopped.",
  }),
  postgresPort: port(
    5433,
    "Embedded Postgres, loopback only. Not 5432: a system's own may be there.",
  ),
  natsPort: port(4222, "Embedded NATS, loopback only"),
  natsMonitorPort: port(8222, "Monitoring pages of the embedded NATS, loopback only"),
  mqttPort: Type.Optional(Type.Integer({
    minimum: 1,
    maximum: 65_535,
    description: "MQTT listener of the embedded NATS, on HOST or loopback: facts as " +
      "fact/<kind>/<event>/<id>, to read only. Unset: none",
  })),
  mqttPassword: Type.Optional(Type.String({
    minLength: 16,
    // A server takes what begins like bcrypt for a hash.
    pattern: "^(?!\\$2)[!-~]+$",
    description: "Of the MQTT user facts; must be set with MQTT_PORT",
  })),
  natsServerBin: Type.Optional(Type.String({
    minLength: 1,
    description: "The nats-server program; otherwise PATH, a package, or the official release",
  })),
};

/** How often one machine runs a role. */
export const processesConfigSchema = Type.Object({
  processes: Type.Integer({
    minimum: 1,
    maximum: 256,
    default: 1,
    description: "Processes of this role on this machine: about one per core that it may use",
  }),
});

export const gatewayConfigSchema = Type.Object({
  ...everyProcess,
  ...ownMetrics,
  ...gatewayOnly,
  ...sealed,
  natsUrl,
  natsReplicas,
  databaseUrl: postgresUrl,
});
export const workerConfigSchema = Type.Object({
  ...everyProcess,
  ...ownMetrics,
  ...workerOnly,
  natsUrl,
  natsReplicas,
  databaseUrl: postgresUrl,
});
export const apiConfigSchema = Type.Object({
  ...everyProcess,
  ...moreMetrics,
  ...apiOnly,
  ...sealed,
  natsUrl,
  natsReplicas,
  databaseUrl: postgresUrl,
});
/** The all-in-one: its servers are embedded unless their URLs are given. */
export const startConfigSchema = Type.Object({
  ...everyProcess,
  ...moreMetrics,
  ...gatewayOnly,
  ...workerOnly,
  ...apiOnly,
  ...sealed,
  ...embeddedOnly,
  natsUrl: Type.Optional(natsUrl),
  databaseUrl: Type.Optional(postgresUrl),
});

/** How long what is kept, in days. */
export type Retention = Readonly<Record<keyof typeof retention, number>>;

/** `task ops`: a tool beside the platform. */
export const opsConfigSchema = Type.Object({
  opsKey: everyProcess.opsKey,
  dataDir: embeddedOnly.dataDir,
  natsPort: embeddedOnly.natsPort,
  natsUrl: Type.Optional(natsUrl),
});

export type OpsConfig = Static<typeof opsConfigSchema>;
export type GatewayConfig = Static<typeof gatewayConfigSchema>;
export type WorkerConfig = Static<typeof workerConfigSchema>;
export type ApiConfig = Static<typeof apiConfigSchema>;
export type StartConfig = Static<typeof startConfigSchema>;

/** A value that the environment may not have. The message is one sentence for the operator. */
export class ConfigError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = "ConfigError";
  }
}

/** `ocppPort` → `OCPP_PORT`. */
export function variableName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/**
 * Reads a process's configuration. An empty variable counts as unset.
 *
 * @throws {ConfigError} naming the variable, what it must be and what it is.
 */
export function readConfig<Properties extends TProperties>(
  schema: TObject<Properties>,
  environment: Readonly<Record<string, string | undefined>>,
): Static<TObject<Properties>> {
  const values: Record<string, unknown> = {};
  for (const [property, rule] of Object.entries(schema.properties)) {
    const text = environment[variableName(property)]?.trim();
    if (text !== undefined && text !== "") values[property] = fromText(text, rule["type"]);
  }
  const ajv = new Ajv({ useDefaults: true, allErrors: false, strict: false });
  const isValid = ajv.compile<Static<TObject<Properties>>>(schema);
  if (isValid(values)) return values;
  throw new ConfigError(sentence(isValid.errors?.[0], schema.properties, environment));
}

function fromText(text: string, type: unknown): unknown {
  if (type === "integer" && /^-?\d+$/.test(text)) return Number(text);
  if (type === "number" && /^-?\d*\.?\d+$/.test(text)) return Number(text);
  if (type === "boolean" && /^(1|true|yes|on)$/i.test(text)) return true;
  if (type === "boolean" && /^(0|false|no|off)$/i.test(text)) return false;
  return text;
}

function sentence(
  error: ErrorObject | undefined,
  rules: TProperties,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const missing = error?.params["missingProperty"];
  if (typeof missing === "string") {
    return `${variableName(missing)} must be set: ${describe(rules[missing])}.`;
  }
  const property = error?.instancePath.slice(1) ?? "";
  const name = variableName(property);
  // A key may be in it: a value that carries one is not repeated.
  const isSecret = /key|url|headers|endpoint|password/i.test(property);
  const found = isSecret ? "what it is now" : `"${environment[name]?.trim()}"`;
  return `${name} must be ${expectation(rules[property])}, not ${found}.`;
}

function expectation(rule: Readonly<Record<string, unknown>> | undefined): string {
  if (rule?.["type"] === "integer") {
    return `a whole number from ${rule["minimum"]} to ${rule["maximum"]}`;
  }
  if (rule?.["type"] === "number") {
    return `a number from ${rule["minimum"]} to ${rule["maximum"]}`;
  }
  if (rule?.["type"] === "boolean") return "0 or 1";
  if (Array.isArray(rule?.["anyOf"])) {
    return `one of ${rule["anyOf"].map((choice) => choice["const"]).join(", ")}`;
  }
  if (typeof rule?.["minLength"] === "number" && rule["minLength"] > 1) {
    return `a text of at least ${rule["minLength"]} characters`;
  }
  return describe(rule);
}

function describe(rule: Readonly<Record<string, unknown>> | undefined): string {
  return String(rule?.["description"] ?? "a valid value").replace(/\.$/, "");
}
