import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ensureNatsServer, fetchRelease, findNatsServer } from "./nats_binary.ts";
import { StartError } from "./start_error.ts";

function withProgram(use: (path: string, folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "statewatt-programs-"));
  const path = join(folder, "nats-server");
  writeFileSync(path, "#!/bin/sh\n");
  chmodSync(path, 0o755);
  return Promise.resolve(use(path, folder)).finally(() => rmSync(folder, { recursive: true }));
}

test("findNatsServer() takes NATS_SERVER_BIN before PATH", () =>
  withProgram((path) => {
    assert.equal(findNatsServer({ NATS_SERVER_BIN: path, PATH: "/usr/bin" }), path);
  }));

test("findNatsServer() takes the first program on PATH", () =>
  withProgram((path, folder) => {
    assert.equal(findNatsServer({ PATH: `/nowhere:${folder}` }), path);
  }));

test("findNatsServer() refuses a NATS_SERVER_BIN that is no program", () =>
  withProgram((path) => {
    chmodSync(path, 0o644);

    assert.throws(
      () => findNatsServer({ NATS_SERVER_BIN: path }),
      (thrown) => thrown instanceof StartError && /names no program/.test(thrown.message),
    );
  }));

test("ensureNatsServer() fetches nothing when there is a program", () =>
  withProgram(async (path) => {
    const said: string[] = [];

    const found = await ensureNatsServer((line) => said.push(line), { NATS_SERVER_BIN: path });

    assert.equal(found, path);
    assert.deepEqual(said, []);
  }));

test("fetchRelease() refuses a download with another checksum", async () => {
  const server = createServer((_, response) => response.end("something else")).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  await withProgram(async (_, folder) => {
    await assert.rejects(
      fetchRelease(folder, `http://127.0.0.1:${port}`),
      /the checksum of nats-server-.* is wrong|there is no checksum for/,
    );
  });
  server.closeAllConnections();
  server.close();
});
