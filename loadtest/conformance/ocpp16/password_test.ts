/** The password of a 1.6 station (security whitepaper, 2): its AuthorizationKey is hex. */
import { Buffer } from "node:buffer";
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import type { ScriptedStation } from "../scripted_station.ts";

const code = [
  "gateway/authenticate.ts",
  "gateway/sealed_payload.ts",
  "api/sealed_secrets.ts",
  "actors/charger/blocks/passwords.ts",
];
const password = "a-Password-of-2026";
const nextKey = "4F6E6C79207468652073746174696F6E";

/** Changes the key by the typed command; gives the command's id. */
async function change(
  c: ConformanceRun,
  station: ScriptedStation,
  status: string,
): Promise<void> {
  const changed = await c.rest.post<{ readonly commandId: string }>(
    `/stations/${station.identity}/password`,
    { password: nextKey },
  );
  c.equal("the change is taken", changed.status, 202);
  const call = await station.expectCall("ChangeConfiguration");
  c.equal("the key goes out in hex", call.payload, { key: "AuthorizationKey", value: nextKey });
  call.answer({ status });
  const outcome = status === "Accepted" ? "accepted" : "rejected";
  await c.commandIs(changed.body.commandId, { status: outcome, response: { status } });
  await station.disconnect();
}

conformanceCase({ version: "1.6", id: "TC_073", in: code }, async (c) => {
  const station = await c.newStation({ password });

  await change(c, station, "Rejected");
  const refused = await station.expectRefusedUpgrade({ password: nextKey });
  c.equal("the key that was refused is not good", refused, 401);
  await station.connect({ password });

  await change(c, station, "Accepted");
  const old = await station.expectRefusedUpgrade({ password });
  c.equal("the old password is good no longer", old, 401);
  await station.connect({ password: nextKey });
  c.match("the text of the key is let in", await c.boot(station), { status: "Accepted" });
  await station.disconnect();
  await station.connect({ password: Buffer.from(nextKey, "hex").toString() });
  c.match("the bytes of the key are let in", await c.boot(station), { status: "Accepted" });
  const log = await c.rest.list(
    `/stations/${station.identity}/messages?search=ChangeConfiguration`,
  );
  c.ok("the log shows the CALL", log.length > 0);
  c.ok("the log does not show the key", !JSON.stringify(log).includes(nextKey));
});
