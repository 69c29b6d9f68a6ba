/** The Helm chart, rendered, against Kubernetes' shapes and against the code. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { readConfig } from "#schemas/config.ts";
import { chartValues, type Manifest, renderChart, renderNotes } from "./chart.ts";
import type { Scope } from "./helm_template.ts";
import { manifestShapes } from "./manifest_shapes.ts";
import { defaultOf, roleSchemas, settingNames, taskCommand } from "./role_settings.ts";

const scaled = {
  gateway: { autoscaling: { enabled: true } },
  worker: { autoscaling: { enabled: true } },
};
const variants: readonly Scope[] = [{}, scaled, { networkPolicy: { enabled: false } }, {
  image: { tag: "1.2.3", pullSecrets: [{ name: "registry" }] },
}];
const roles = Object.entries(roleSchemas);

interface Container {
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly [probe: string]: unknown;
}

/** What lies at a path like `spec.template.0.name`. */
function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (found, key) => Object.entries(Object(found)).find(([name]) => name === key)?.[1],
    value,
  );
}

function manifest(kind: string, name: string, overrides: Scope = {}): Manifest {
  const found = renderChart(overrides)
    .find((one) => one.kind === kind && one.metadata.name === `city-${name}`);
  assert.ok(found !== undefined, `there is no ${kind} ${name}`);
  return found;
}

function isContainer(value: unknown): value is Container {
  return Array.isArray(at(value, "command")) && Array.isArray(at(value, "env"));
}

function container(kind: string, name: string): Container {
  const found = at(manifest(kind, name), "spec.template.spec.containers.0");
  assert.ok(isContainer(found), `${kind} ${name} has no container`);
  return found;
}

test("chart: values fit their schema, and the schema refuses what it does not know", () => {
  const file = fileURLToPath(new URL("./helm/values.schema.json", import.meta.url));
  const isValid = new Ajv({ allErrors: true, strict: false })
    .compile(JSON.parse(readFileSync(file, "utf8")));

  assert.ok(isValid(chartValues()), JSON.stringify(isValid.errors));
  assert.ok(!isValid({ ...chartValues(), gatway: {} }));
  assert.ok(!isValid({ ...chartValues(), podDisruptionBudget: { maxUnavailable: 0 } }));
  assert.ok(!isValid({ ...chartValues(), settings: { LOG_LEVEL: 3 } }));
});

test("chart: every manifest has the shape of its kind, with every choice of values", () => {
  const ajv = new Ajv({ allErrors: true, strict: false });
  for (const overrides of variants) {
    for (const one of renderChart(overrides)) {
      const isValid = ajv.compile(manifestShapes[one.kind] ?? false);
      assert.ok(
        isValid(one),
        `${one.kind} ${one.metadata.name}: ${JSON.stringify(isValid.errors)}`,
      );
    }
  }
});

test("chart: no two manifests have one kind and name", () => {
  for (const overrides of variants) {
    const names = renderChart(overrides).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    assert.equal(new Set(names).size, names.length);
  }
});

test("chart: each role gets settings that it knows, and all that it needs", () => {
  for (const [name, schema] of roles) {
    const { env } = container("Deployment", name);
    const known = settingNames(schema);
    const unknown = env.filter((one) => !known.has(one.name));
    const secrets: Readonly<Record<string, string>> = {
      DATABASE_URL: "postgres://statewatt:secret@postgres/statewatt",
      NATS_URL: "nats://nats:4222",
    };
    const given = env.map(({ name: key, value }) =>
      [key, value ?? secrets[key] ?? "0".repeat(64)] as const
    );

    assert.deepEqual(unknown, [], `${name} does not know these`);
    assert.equal(new Set(env.map((one) => one.name)).size, env.length, `${name}: one is set twice`);
    readConfig(schema, Object.fromEntries(given));
    const keys = ["SERVER_KEY", "OPERATOR_API_KEY", "OPS_KEY"].filter((key) => known.has(key));
    assert.deepEqual(keys.filter((key) => !env.some((one) => one.name === key)), []);
  }
});

test("chart: the notes name the keys of the secret that the manifests take", () => {
  const text = JSON.stringify(renderChart());
  const taken = [...text.matchAll(/"secretKeyRef":\{"name":"statewatt","key":"(\w+)"\}/g)];

  const keys = new Set(taken.map(([, key = ""]) => key));

  assert.deepEqual([...keys].sort(), [
    "DATABASE_URL",
    "NATS_URL",
    "OPERATOR_API_KEY",
    "OPS_KEY",
    "SERVER_KEY",
  ]);
  for (const key of keys) assert.ok(renderNotes().includes(key), key);
});

test("chart: commands are those of the tasks", () => {
  for (const [name] of roles) {
    assert.equal(container("Deployment", name).command.join(" "), taskCommand(name));
  }
  assert.equal(container("Job", "migrate").command.join(" "), taskCommand("migrate"));
});

test("chart: ports are what the settings say, and probes and services lead to them", () => {
  const settings = { ocpp: "OCPP_PORT", http: "HTTP_PORT", metrics: "METRICS_PORT" };
  for (const [name, schema] of roles) {
    const { env, ports = [], ...probes } = container("Deployment", name);
    for (const { name: port, containerPort } of ports) {
      const variable = Object.entries(settings).find(([key]) => key === port)?.[1] ?? "";
      assert.equal(env.find((one) => one.name === variable)?.value, String(containerPort));
      const standard = defaultOf(schema, variable);
      if (standard !== undefined) assert.equal(containerPort, standard);
    }
    assert.equal(at(probes, "livenessProbe.httpGet.path"), "/healthz");
    assert.equal(at(probes, "readinessProbe.httpGet.path"), "/readyz");
    for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
      const asked = at(probes, `${probe}.httpGet.port`);
      assert.ok(ports.some((one) => one.name === asked), `${name} ${probe}`);
    }
  }
  for (const name of ["gateway", "api"]) {
    const target = at(manifest("Service", name), "spec.ports.0.targetPort");
    assert.ok(container("Deployment", name).ports?.some((port) => port.name === target), name);
  }
});

test("chart: the drain of a gateway ends before its time does", () => {
  const { env } = container("Deployment", "gateway");
  const drain = Number(env.find(({ name }) => name === "DRAIN_SECONDS")?.value);
  const path = "spec.template.spec.terminationGracePeriodSeconds";

  assert.ok(Number(at(manifest("Deployment", "gateway"), path)) >= drain + 20);
});

test("chart: services, budgets, policies and autoscalers mean the pods of their deployment", () => {
  for (const [name] of roles) {
    const labels = at(manifest("Deployment", name, scaled), "spec.template.metadata.labels");
    const deployed = manifest("Deployment", name, scaled);
    assert.deepEqual(at(deployed, "spec.selector.matchLabels"), labels);
    const budget = manifest("PodDisruptionBudget", name);
    assert.deepEqual(at(budget, "spec.selector.matchLabels"), labels);
    if (name === "worker") continue;
    assert.deepEqual(at(manifest("Service", name), "spec.selector"), labels);
    const policy = manifest("NetworkPolicy", name);
    assert.deepEqual(at(policy, "spec.podSelector.matchLabels"), labels);
  }
  for (const name of ["gateway", "worker"]) {
    const target = at(
      manifest("HorizontalPodAutoscaler", name, scaled),
      "spec.scaleTargetRef.name",
    );
    assert.equal(target, `city-${name}`);
    // A number of replicas beside an autoscaler would undo its work at every upgrade.
    assert.equal(at(manifest("Deployment", name, scaled), "spec.replicas"), undefined);
    assert.ok(Number(at(manifest("Deployment", name), "spec.replicas")) >= 2);
  }
});
