import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { remoteAddressOf } from "./remote_address.ts";

function request(remoteAddress: string | undefined, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}

test("an address is the socket's, IPv4 as IPv4", () => {
  assert.equal(remoteAddressOf(request("192.0.2.1"), false), "192.0.2.1");
  assert.equal(remoteAddressOf(request("::ffff:192.0.2.1"), false), "192.0.2.1");
  assert.equal(remoteAddressOf(request("2001:db8::1"), false), "2001:db8::1");
  assert.equal(remoteAddressOf(request(undefined), false), "");
  assert.equal(remoteAddressOf(request("192.0.2.1", "203.0.113.9"), false), "192.0.2.1");
});

test("behind our proxy it is what the proxy appended, and nothing that a station wrote", () => {
  const of = (forwarded?: string): string => remoteAddressOf(request("10.0.0.1", forwarded), true);
  assert.equal(of("203.0.113.9"), "203.0.113.9");
  assert.equal(of("1.1.1.1, 203.0.113.9"), "203.0.113.9");
  assert.equal(of("::ffff:203.0.113.9"), "203.0.113.9");
  assert.equal(of("2001:db8::1"), "2001:db8::1");
  for (const unusable of [undefined, "", "1.1.1.1,", "<b>", "a".repeat(65)]) {
    assert.equal(of(unusable), "10.0.0.1");
  }
});
