/** The compose file against the code: names, ports and commands that exist, and nothing open. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readConfig } from "#schemas/config.ts";
import { composeFile, type ComposeService, composeText, filledIn, variablesOf } from "./compose.ts";
import { defaultOf, roleSchemas, settingNames, taskCommand } from "./role_settings.ts";

const { services, volumes } = composeFile();
const roles = Object.entries(roleSchemas);
const secret = "0123456789abcdef0123456789abcdef";

function service(name: string): ComposeService {
  const found = services[name];
  assert.ok(found !== undefined, `there is no service ${name}`);
  return found;
}

function textOf(name: string): string {
  return readFileSync(fileURLToPath(new URL(`./${name}`, import.meta.url)), "utf8");
}

test("compose: each role gets settings that it knows, and all that it needs", () => {
  for (const [name, schema] of roles) {
    const environment = service(name).environment ?? {};
    const known = settingNames(schema);
    const unknown = Object.keys(environment).filter((key) => !known.has(key));
    const filled = Object.fromEntries(
      Object.entries(environment).map(([key, text]) => [key, filledIn(text, secret)]),
    );

    assert.deepEqual(unknown, [], `${name} does not know these`);
    readConfig(schema, filled);
    const keys = ["SERVER_KEY", "OPERATOR_API_KEY", "OPS_KEY"].filter((key) => known.has(key));
    assert.deepEqual(keys.filter((key) => !(key in environment)), [], `${name} needs these`);
  }
});

test("compose: commands are those of the tasks, and the Dockerfile's files are there", () => {
  for (const name of [...roles.map(([role]) => role), "migrate"]) {
    assert.deepEqual(service(name).command, taskCommand(name).split(" "), name);
  }
  const dockerfile = textOf("Dockerfile");
  assert.ok(
    dockerfile.includes(JSON.stringify(taskCommand("api").split(" ")).replaceAll(",", ", ")),
  );
  const version = /FROM denoland\/deno:debian-(\S+)/.exec(dockerfile)?.[1];
  assert.ok(textOf("../README.md").includes(`deno@${version}`), "the README's Deno is the image's");
});

test("compose: ports are the defaults of the code, and health is asked where it is told", () => {
  const { gateway, api } = roleSchemas;
  const ports = [
    ["gateway", "OCPP_PORT", defaultOf(gateway, "OCPP_PORT")],
    ["api", "HTTP_PORT", defaultOf(api, "HTTP_PORT")],
  ] as const;
  for (const [name, variable, standard] of ports) {
    assert.equal(service(name).environment?.[variable], String(standard));
  }
  const proxy = service("haproxy").environment ?? {};
  assert.equal(proxy["GATEWAYS"], `gateway:${defaultOf(gateway, "OCPP_PORT")}`);
  assert.equal(proxy["APIS"], `api:${defaultOf(api, "HTTP_PORT")}`);
  for (const [name] of roles) {
    const { environment, healthcheck } = service(name);
    const asked = /127\.0\.0\.1:(\d+)\/readyz/.exec(healthcheck?.test.join(" ") ?? "")?.[1];
    assert.ok([environment?.["METRICS_PORT"], environment?.["HTTP_PORT"]].includes(asked), name);
    assert.equal(environment?.["METRICS_PORT"], proxy["METRICS_PORT"], name);
  }
});

test("compose: what haproxy.cfg and nats.conf take from the environment is given, and no more", () => {
  const ofProxy = [...textOf("haproxy.cfg").matchAll(/"\$\{(\w+)\}"/g)].map(([, name = ""]) =>
    name
  );
  const given = Object.keys(service("haproxy").environment ?? {});
  assert.deepEqual([...new Set(ofProxy)].sort(), given.sort());
  const ofNats = [...textOf("nats.conf").matchAll(/[ :]\$(\w+)/g)].map(([, name = ""]) => name);
  for (const name of ["nats-1", "nats-2", "nats-3"]) {
    const environment = service(name).environment ?? {};
    assert.deepEqual([...new Set(ofNats)].sort(), Object.keys(environment).sort());
    assert.equal(environment["NATS_SERVER_NAME"], `"${name}"`);
    // Unquoted, a password of digits would be read as a number.
    assert.ok(Object.values(environment).every((text) => /^".*"$/.test(text)), name);
  }
});

test("compose: HAProxy may open as many files as its connections need", () => {
  const { environment, ulimits } = service("haproxy");
  const [allowed = ""] = /\d+/.exec(JSON.stringify(ulimits)) ?? [];

  assert.ok(Number(allowed) > 2 * Number(environment?.["MAXCONN"]) + 1_000);
});

test("compose: what .env must hold is in the example, empty", () => {
  const needed = [...new Set(variablesOf(composeText))].filter((name) =>
    !/^(LOG|OTEL)|IMAGE/.test(name)
  );
  const example = textOf("env.example").split("\n").filter((line) => /^[A-Z]/.test(line));

  assert.deepEqual(example.map((line) => line.replace(/=$/, "")).sort(), needed.sort());
});

test("compose: every service is bounded, has no rights, and cannot write where it need not", () => {
  for (const [name, one] of Object.entries(services)) {
    const { limits } = one.deploy.resources;
    assert.ok(limits["cpus"] !== undefined && limits["memory"] !== undefined, `${name}: limits`);
    assert.equal(one["read_only"], true, `${name}: read_only`);
    assert.deepEqual(one["cap_drop"], ["ALL"], `${name}: cap_drop`);
    const prepares = one["network_mode"] === "none";
    if (prepares) continue;
    assert.doesNotMatch(one.user, /^0\b|^root/, `${name}: user`);
    assert.deepEqual(one["security_opt"], ["no-new-privileges:true"], name);
    assert.match(one.image, /:[^:]*\d[^:]*$|\$\{/, `${name}: a version that stays`);
  }
  const open = Object.entries(services).filter(([, one]) => one["ports"] !== undefined);
  assert.deepEqual(open.map(([name]) => name), ["haproxy"]);
});

test("compose: the drain of a gateway ends before its time does", () => {
  const { environment, stop_grace_period: grace } = service("gateway");

  assert.ok(Number.parseInt(String(grace)) >= Number(environment?.["DRAIN_SECONDS"]) + 20);
});

test("compose: what lasts has a health check and time to end; all volumes are declared", () => {
  const lasting = Object.entries(services).filter(([, one]) => one["restart"] === "unless-stopped");
  for (const [name, one] of lasting) {
    assert.ok(one["stop_grace_period"] !== undefined, `${name}: stop_grace_period`);
    if (name !== "haproxy") assert.ok(one.healthcheck !== undefined, `${name}: healthcheck`);
  }
  const used = Object.values(services).flatMap((one) => one.volumes ?? [])
    .map((volume) => volume.split(":")[0] ?? "").filter((source) => !source.startsWith("."));
  assert.deepEqual([...new Set(used)].sort(), Object.keys(volumes).sort());
  const after = Object.entries(services).flatMap(([name, one]) =>
    Object.keys(Object(one["depends_on"])).map((other) => [name, other] as const)
  );
  assert.deepEqual(after.filter(([, other]) => !(other in services)), []);
});

test("compose: Postgres keeps what was answered, and archives it", () => {
  const settings = [service("postgres").command ?? []].flat().join(" ");

  assert.doesNotMatch(settings, /fsync|synchronous_commit|full_page_writes/);
  assert.match(settings, /archive_mode=on/);
  assert.match(settings, /archive_command=cmp -s %p/);
});
