import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConfigError,
  gatewayConfigSchema,
  readConfig,
  startConfigSchema,
  variableName,
} from "./config.ts";

function refusal(environment: Record<string, string>): string {
  try {
    readConfig(startConfigSchema, environment);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.message;
    throw thrown;
  }
  return "taken";
}

test("readConfig() fills in the defaults of an empty environment", () => {
  const config = readConfig(startConfigSchema, {});

  assert.equal(config.ocppPort, 9220);
  assert.equal(config.httpPort, 8080);
  assert.equal(config.dataDir, ".data");
  assert.equal(config.autoRegisterStations, false);
  assert.equal(config.databaseUrl, undefined);
});

test("readConfig() reads numbers and switches, and takes an empty variable as unset", () => {
  const config = readConfig(startConfigSchema, {
    OCPP_PORT: "19220",
    AUTO_REGISTER_STATIONS: "1",
    HTTP_PORT: "",
    DATABASE_URL: "postgres://me:secret@db/statewatt",
  });

  assert.equal(config.ocppPort, 19_220);
  assert.equal(config.autoRegisterStations, true);
  assert.equal(config.httpPort, 8080);
  assert.equal(config.databaseUrl, "postgres://me:secret@db/statewatt");
});

test("readConfig() reads shares, and the port of metrics by role", () => {
  const environment = { NATS_URL: "nats://n", DATABASE_URL: "postgres://me@db/statewatt" };
  const config = readConfig(gatewayConfigSchema, {
    ...environment,
    OTEL_TRACES_SAMPLER_ARG: "0.25",
  });

  assert.equal(config.otelTracesSamplerArg, 0.25);
  assert.equal(config.metricsPort, 9464);
  assert.equal(readConfig(startConfigSchema, {}).metricsPort, undefined);
  assert.equal(readConfig(startConfigSchema, { METRICS_PORT: "0" }).metricsPort, 0);
});

const refusals: readonly (readonly [string, string, string])[] = [
  ["OCPP_PORT", "abc", 'OCPP_PORT must be a whole number from 1 to 65535, not "abc".'],
  ["OCPP_PORT", "70000", 'OCPP_PORT must be a whole number from 1 to 65535, not "70000".'],
  ["SHARDS", "0", 'SHARDS must be a whole number from 1 to 65536, not "0".'],
  ["AUTO_REGISTER_STATIONS", "maybe", 'AUTO_REGISTER_STATIONS must be 0 or 1, not "maybe".'],
  [
    "OTEL_TRACES_SAMPLER_ARG",
    "2",
    'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, not "2".',
  ],
  ["LOG_LEVEL", "loud", 'LOG_LEVEL must be one of debug, info, warn, error, not "loud".'],
  [
    "OPERATOR_API_KEY",
    "short",
    "OPERATOR_API_KEY must be a text of at least 16 characters, not what it is now.",
  ],
];

for (const [name, value, sentence] of refusals) {
  test(`readConfig() refuses ${name}=${value} in one sentence`, () => {
    assert.equal(refusal({ [name]: value }), sentence);
  });
}

test("readConfig() does not repeat an address that may hold a password", () => {
  const sentence = refusal({ DATABASE_URL: "mysql://me:secret@db" });

  assert.match(sentence, /^DATABASE_URL must be Postgres 15 or newer/);
  assert.doesNotMatch(sentence, /secret/);
});

test("readConfig() names a variable that a single role needs", () => {
  assert.throws(
    () => readConfig(gatewayConfigSchema, {}),
    (thrown) => thrown instanceof ConfigError && /^NATS_URL must be set: /.test(thrown.message),
  );
});

test("variableName() gives the fixed names", () => {
  assert.equal(variableName("natsMonitorPort"), "NATS_MONITOR_PORT");
  assert.equal(variableName("autoRegisterStations"), "AUTO_REGISTER_STATIONS");
});
