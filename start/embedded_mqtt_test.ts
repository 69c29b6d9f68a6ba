/** Energy managers read facts by MQTT, and can do nothing else. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { connectNats, type NatsLink } from "#engine/adapters/nats_connection.ts";
import { NatsFacts } from "#engine/adapters/nats_facts.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { takeDataFolder } from "./data_folder.ts";
import { startEmbeddedNats } from "./embedded_nats.ts";
import type { EmbeddedServer } from "./embedded_postgres.ts";
import { freePort } from "./free_port.ts";
import { ready, recorded, withPlace } from "./testing_start.ts";
import { MqttClient } from "./testing_mqtt_client.ts";

const clock = systemClock();
const telemetry = silentTelemetry(clock);
const parent = mkdtempSync(join(tmpdir(), "statewatt-mqtt-"));
// What a configuration file could take for something else.
const password = `p"a\\$s{s}#word;x`;
let server: EmbeddedServer;
let link: NatsLink;
let facts: NatsFacts;
let port = 0;

before(async () => {
  const folder = await takeDataFolder(join(parent, "data"));
  port = await freePort();
  server = await startEmbeddedNats(folder, {
    port: await freePort(),
    monitorPort: await freePort(),
    mqtt: { host: "127.0.0.1", port, password },
  }, { say: () => {}, signal: new AbortController().signal });
  link = await connectNats({ url: server.url, name: "mqtt test", telemetry });
  facts = await NatsFacts.open({ link, clock, telemetry });
});
after(async () => {
  facts.close();
  await link.close();
  await server.close();
  rmSync(parent, { recursive: true, force: true });
});

const asFacts = { user: "facts", password };

async function publish(kind: string, id: string): Promise<void> {
  const fact = { kind, name: "started", id, tenant: "default", at: 0, data: { id: `${id}~1` } };
  const last = await facts.lastSequence();
  await facts.publish([{ shard: 1, seq: last + 1, place: 0, fact }], last);
}

test("who has no password, a wrong one or the platform's own is not let in", async () => {
  const platform = new URL(server.url).password;
  const codes = await Promise.all([
    MqttClient.connect({ port }),
    MqttClient.connect({ port, user: "facts", password: `${password}x` }),
    MqttClient.connect({ port, user: "statewatt", password: platform }),
    MqttClient.connect({ port, ...asFacts }),
  ]);
  assert.deepEqual(codes.map(({ code }) => code === 0), [false, false, false, true]);
  await codes.at(-1)?.cut();
  const asMqttUser = new URL(server.url);
  asMqttUser.username = "facts";
  asMqttUser.password = encodeURIComponent(password);
  await assert.rejects(connectNats({ url: asMqttUser.href, name: "x", telemetry }));
  const nobody = `nats://127.0.0.1:${new URL(server.url).port}`;
  await assert.rejects(connectNats({ url: nobody, name: "x", telemetry }));
  assert.equal(statSync(join(parent, "data", "nats", "nats.conf")).mode & 0o777, 0o600);
});

test("facts arrive as topics, with QoS 0 and QoS 1 asked for", async () => {
  const plain = await MqttClient.connect({ port, ...asFacts });
  const sure = await MqttClient.connect({ port, ...asFacts });
  assert.equal(await plain.subscribe("fact/session/#", 0), 0);
  assert.equal(await sure.subscribe("fact/+/started/CP1", 1), 1);
  assert.equal(await sure.subscribe("fact/#", 1), 1);

  await publish("charger", "CP1");
  await publish("session", "CP1");
  await publish("session", "DE*ABC*E1.2");
  await Promise.all([plain.until(2), sure.until(4)]);

  assert.deepEqual(plain.messages.map(({ topic }) => topic), [
    "fact/session/started/CP1",
    "fact/session/started/DE=2AABC=2AE1=2E2",
  ]);
  const { kind, id, data } = JSON.parse(plain.messages[1]?.text ?? "");
  assert.deepEqual([kind, id, data], ["session", "DE*ABC*E1.2", { id: "DE*ABC*E1.2~1" }]);
  await Promise.all([plain.cut(), sure.cut()]);
});

test("it reads nothing else and writes nothing: no topic, no retained one, no last will", async () => {
  const seen: string[] = [];
  const everything = link.connection.subscribe("fact.>", {
    callback: (_error, message) => void seen.push(message.subject),
  });
  const before = await facts.lastSequence();
  const will = { topic: "fact/session/ended/WILL", text: "{}" };
  const client = await MqttClient.connect({ port, ...asFacts, will });
  const closed = ["#", "+/+", "actor/#", "gateway/#", "$JS/#", "$SYS/#", "$KV/#", "facts"];
  for (const topic of closed) {
    // deno-lint-ignore no-await-in-loop -- one answer after the other.
    assert.equal(await client.subscribe(topic, 0), 128, topic);
  }
  await client.publish("fact/session/ended/CP1", "{}", 0);
  await client.publish("fact/session/ended/CP1", "{}", 1);
  await client.publish("fact/session/ended/CP1", "{}", 1, true);
  await client.publish("actor/1", "{}", 0);
  await client.cut();
  const later = await MqttClient.connect({ port, ...asFacts });
  assert.equal(await later.subscribe("fact/#", 1), 1);
  await publish("charger", "LAST");
  await later.until(1);

  assert.deepEqual(later.messages.map(({ topic }) => topic), ["fact/charger/started/LAST"]);
  assert.deepEqual(seen, ["fact.charger.started.LAST"]);
  assert.equal(await facts.lastSequence(), before + 1);
  const manager = await jetstreamManager(link.connection);
  for (const stream of ["$MQTT_msgs", "$MQTT_rmsgs"]) {
    // deno-lint-ignore no-await-in-loop -- one answer after the other.
    assert.equal((await manager.streams.info(stream)).state.messages, 0, stream);
  }
  everything.unsubscribe();
  await later.cut();
});

test("the start switches it on by MQTT_PORT, says where, and refuses it without a password", () =>
  withPlace(async (place) => {
    const mqttPort = await freePort();
    const settings: Record<string, string> = place.environment;
    settings["MQTT_PORT"] = String(mqttPort);
    const refused = place.run();
    assert.equal(await refused.ended(), 1);
    assert.match(refused.output(), /MQTT_PASSWORD must be set with MQTT_PORT/);

    settings["MQTT_PASSWORD"] = "a-password-of-16-and-more";
    const run = place.run();
    await ready(run);
    assert.ok(run.output().includes(`mqtt://facts@127.0.0.1:${mqttPort}/`), run.output());
    assert.ok(!run.output().includes("a-password-of-16"), run.output());
    const login = { port: mqttPort, user: "facts", password: "a-password-of-16-and-more" };
    const client = await MqttClient.connect(login);
    assert.equal(client.code, 0);
    assert.ok(recorded(place.folder, "NATS").pid > 0);
    await client.cut();
  }));
