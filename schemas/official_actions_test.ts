/** Our lists of actions against the names of the official schemas: none missing, none made up. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { OcppProtocol } from "./events/gateway.ts";
import { actionsOf } from "./ocpp_actions.ts";
import { schemaOf } from "./ocpp_schemas.ts";

const files: readonly (readonly [OcppProtocol, string])[] = [
  ["ocpp1.6", "ocpp-rpc/lib/schemas/ocpp1_6.json"],
  ["ocpp2.0.1", "ocpp-rpc/lib/schemas/ocpp2_0_1.json"],
  ["ocpp2.1", "ocpp-rpc/lib/schemas/ocpp2_1.json"],
];

const requireJson = createRequire(import.meta.url);

for (const [protocol, file] of files) {
  test(`${protocol}: every official schema is of an action of ours, and every action has its own`, () => {
    const ids = requireJson(file).map(({ $id }: { readonly $id: string }) => $id);
    const official = new Set(
      ids.map((id: string) =>
        id.replace(/^urn:/, "").replace(/(\.req|\.conf|Request|Response)$/, "")
      ),
    );

    assert.deepEqual([...actionsOf(protocol).keys()].toSorted(), [...official].toSorted());
    const parts = [...actionsOf(protocol).values()].flatMap(({ action }) => [
      schemaOf(protocol, action, "request"),
      schemaOf(protocol, action, "response"),
    ]).filter((schema) => schema !== undefined);
    assert.equal(parts.length, ids.length);
  });
}
