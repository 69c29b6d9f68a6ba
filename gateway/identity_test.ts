import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { basicCredentialsOf, identityOf, protocolOf } from "./identity.ts";

test("identityOf() decodes the last part of the path once", () => {
  const paths: Readonly<Record<string, string | undefined>> = {
    "/ocpp/CP1": "CP1",
    "/ocpp/CP1/": "CP1",
    "/ocpp/CP1?token=x": "CP1",
    "/ocpp/DE*ABC*E1.2": "DE*ABC*E1.2",
    "/ocpp/a%20b%2Fc": "a b/c",
    "/ocpp/100%25": "100%",
    "/ocpp/%2541": "%41",
    "/ocpp/%C3%BC": "ü",
    [`/ocpp/${"x".repeat(48)}`]: "x".repeat(48),
    [`/ocpp/${"x".repeat(49)}`]: undefined,
    "/ocpp/a:b": undefined,
    "/ocpp/a%3Ab": undefined,
    "/ocpp/a%00b": undefined,
    "/ocpp/a%0Ab": undefined,
    "/ocpp/%ff": undefined,
    "/ocpp/%": undefined,
    "/ocpp/": undefined,
    "/ocpp": undefined,
    "/ocpp/a/b": undefined,
    "/CP1": undefined,
    "/": undefined,
    "": undefined,
  };

  for (const [path, identity] of Object.entries(paths)) {
    assert.equal(identityOf(path), identity, path);
  }
});

test("protocolOf() takes the station's first choice, however its list is spaced", () => {
  const headers: Readonly<Record<string, string | undefined>> = {
    "ocpp1.6": "ocpp1.6",
    "ocpp2.0.1,ocpp1.6": "ocpp2.0.1",
    "ocpp1.6, ocpp2.0.1": "ocpp1.6",
    " ocpp2.1 ,ocpp1.6": "ocpp2.1",
    "ocpp2.0, ocpp1.5,ocpp1.6,": "ocpp1.6",
    "ocpp2.0": undefined,
    "": undefined,
  };

  for (const [header, protocol] of Object.entries(headers)) {
    assert.equal(protocolOf(header), protocol, header);
  }
  assert.equal(protocolOf(undefined), undefined);
});

test("basicCredentialsOf() splits at the first colon and keeps the password's bytes", () => {
  const bytes = Buffer.concat([Buffer.from("CP ü:"), Buffer.from([0xff, 0x3a, 0x00])]);

  const found = basicCredentialsOf(`basic ${bytes.toString("base64")}`);

  assert.equal(found?.user, "CP ü");
  assert.deepEqual([...found?.password ?? []], [0xff, 0x3a, 0x00]);
});

test("basicCredentialsOf() takes nothing else", () => {
  const headers = [undefined, "", "Bearer abc", "Basic", "Basic !!", `Basic ${btoa("nocolon")}`];

  for (const header of headers) assert.equal(basicCredentialsOf(header), undefined, `${header}`);
});
