/** No secret that was sent to a station stands readable in any table or answer of the platform. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import postgres from "postgres";
import { Recording } from "../conformance/recording.ts";
import { ScriptedStation } from "../conformance/scripted_station.ts";
import { startTestPlatform, type TestPlatform } from "./test_platform.ts";

let platform: TestPlatform;
before(async () => {
  platform = await startTestPlatform();
});
after(() => platform.close());

async function post(path: string, body: unknown): Promise<Readonly<Record<string, unknown>>> {
  const response = await platform.rest.request("POST", `/api/v1${path}`, {
    body: JSON.stringify(body),
    contentType: "application/json",
  });
  const text = await response.text();
  assert.ok(response.status < 300, `${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function station(
  id: string,
  protocol: "ocpp1.6" | "ocpp2.0.1",
): Promise<ScriptedStation> {
  await post("/stations", { id, securityProfile: 0, quiet: true });
  const made = new ScriptedStation(
    { url: platform.ocppUrl, identity: id, protocol },
    new Recording(),
  );
  await made.connect();
  return made;
}

/** A secret that nothing else could be. */
function secret(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`;
}

const variable = {
  component: { name: "SecurityCtrlr" },
  variable: { name: "BasicAuthPassword" },
};

test("secrets reach the station, and stand in no table and in no answer", async () => {
  const secrets: string[] = [];
  const fresh = (name: string): string => {
    const made = secret(name);
    secrets.push(made);
    return made;
  };

  const two = await station("SECRET-2", "ocpp2.0.1");
  const raw = fresh("raw-password");
  const asked = post("/stations/SECRET-2/calls", {
    action: "SetVariables",
    payload: { setVariableData: [{ attributeValue: raw, ...variable }] },
  });
  const call = await two.expectCall("SetVariables");
  const accepted = { setVariableResult: [{ attributeStatus: "Accepted", ...variable }] };
  assert.match(JSON.stringify(call.payload), new RegExp(raw));
  call.answer(accepted);
  await asked;

  const typed = fresh("typed-password");
  await post("/stations/SECRET-2/commands/set-variables", {
    variables: [{ component: "SecurityCtrlr", variable: "BasicAuthPassword", value: typed }],
  });
  const second = await two.expectCall("SetVariables");
  assert.match(JSON.stringify(second.payload), new RegExp(typed));
  second.answer(accepted);

  const drawn = await post("/stations/SECRET-2/password", {});
  secrets.push(String(drawn["password"]));
  const third = await two.expectCall("SetVariables");
  assert.match(JSON.stringify(third.payload), new RegExp(String(drawn["password"])));
  third.answer(accepted);

  const apn = { apn: "internet", apnPassword: fresh("apn"), apnAuthentication: "PAP" };
  await post("/stations/SECRET-2/commands/set-network-profile", {
    configurationSlot: 1,
    connectionData: {
      ...{ ocppVersion: "OCPP20", ocppTransport: "JSON", ocppCsmsUrl: "wss://a/b" },
      ...{ messageTimeout: 30, securityProfile: 1, ocppInterface: "Wireless0", apn },
    },
  });
  const profile = await two.expectCall("SetNetworkProfile");
  assert.deepEqual((profile.payload["connectionData"] as { apn: unknown }).apn, apn);
  profile.answer({ status: "Accepted" });

  const one = await station("SECRET-1", "ocpp1.6");
  const key = fresh("key16");
  const changing = post("/stations/SECRET-1/calls", {
    ...{ action: "ChangeConfiguration", payload: { key: "AuthorizationKey", value: key } },
  });
  const change = await one.expectCall("ChangeConfiguration");
  assert.deepEqual(change.payload, { key: "AuthorizationKey", value: key });
  change.answer({ status: "Accepted" });
  await changing;
  // Its CALL is behind all the others: what they left has been stored.
  await two.call("Heartbeat", {});

  const known = await tablesWith(["SECRET-2"]);
  assert.ok(known.includes("commands") && known.includes("station_items"), String(known));
  assert.deepEqual(await tablesWith(secrets), []);
  for (const id of ["SECRET-1", "SECRET-2"]) {
    for (const list of ["messages", "network-profiles"]) {
      // deno-lint-ignore no-await-in-loop -- one list after the other
      const response = await platform.rest.request("GET", `/api/v1/stations/${id}/${list}`);
      // deno-lint-ignore no-await-in-loop -- as above
      const text = await response.text();
      assert.ok(!secrets.some((one) => text.includes(one)), `${id} ${list}`);
      assert.doesNotMatch(text, /\$sealed|"hash"/, `${id} ${list}`);
    }
  }
  assert.equal(secrets.length, 5);
  assert.deepEqual([...one.end(), ...two.end()], []);
});

/** Names of the tables in which one of the texts stands. */
async function tablesWith(texts: readonly string[]): Promise<readonly string[]> {
  const sql = postgres(platform.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const tables = await sql<{ name: string }[]>`
      SELECT c.oid::regclass::text AS name FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')`;
    const found: string[] = [];
    let rows = 0;
    for (const { name } of tables) {
      // deno-lint-ignore no-await-in-loop -- one table after the other
      const [hit] = await sql<{ all: number; hits: number }[]>`
        SELECT count(*)::int AS all,
          count(*) FILTER (WHERE EXISTS (
            SELECT FROM unnest(${[...texts]}::text[]) AS x(t) WHERE strpos(r::text, x.t) > 0
          ))::int AS hits
        FROM ${sql.unsafe(name)} r`;
      rows += hit?.all ?? 0;
      if ((hit?.hits ?? 0) > 0) found.push(name);
    }
    assert.ok(tables.length > 20 && rows > 20, `${tables.length} tables, ${rows} rows`);
    return found;
  } finally {
    await sql.end();
  }
}
