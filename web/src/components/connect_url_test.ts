import assert from "node:assert/strict";
import { test } from "node:test";
import { connectUrl } from "./connect_url.ts";

test("connectUrl() names the plain port by http and the port of TLS by https", () => {
  const page = { protocol: "http:", hostname: "example.org" };

  assert.equal(connectUrl("DE*A/1", page), "ws://example.org:9220/ocpp/DE*A%2F1");
  assert.equal(
    connectUrl("CP1", { ...page, protocol: "https:" }),
    "wss://example.org:9221/ocpp/CP1",
  );
});
