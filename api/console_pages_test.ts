// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Hono } from "hono";
import { consolePages } from "./console_pages.ts";

let root: string;
let app: Hono;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "statewatt-console-"));
  await mkdir(join(root, "assets"));
  await mkdir(join(root, ".draft"));
  app = new Hono().get("*", consolePages(root));
});
after(() => rm(root, { recursive: true }));

test("before the build a page waits for it by itself, without a script", async () => {
  const response = await app.request("/stations");
  const text = await response.text();
  assert.match(text, /http-equiv="refresh"/);
  assert.doesNotMatch(text, /<script/);
  assert.equal(response.headers.get("cache-control"), "no-store");
});

test("files are served with their types; assets for ever, the page for every other path", async () => {
  await writeFile(join(root, "index.html"), "<p>console</p>");
  await writeFile(join(root, "assets", "app-1a2b.js"), "run()");
  await writeFile(join(root, ".draft", "secret.js"), "no");
  const script = await app.request("/assets/app-1a2b.js");
  assert.equal(script.headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.match(script.headers.get("cache-control") ?? "", /immutable/);
  assert.equal(await script.text(), "run()");
  const tag = script.headers.get("etag") ?? "";
  const again = await app.request("/assets/app-1a2b.js", { headers: { "if-none-match": tag } });
  assert.equal(again.status, 304);
  for (const path of ["/", "/stations/DE*A*E1.2", "/sessions/CP1~1", "/index.html"]) {
    const page = await app.request(path);
    assert.equal(await page.text(), "<p>console</p>", path);
    assert.equal(page.headers.get("cache-control"), "no-cache");
  }
});

test("nothing outside of the folder, nothing hidden, no page instead of an asset", async () => {
  const paths = [
    "/assets/none.js",
    "/.draft/secret.js",
    "/..%2f..%2fetc%2fpasswd.txt",
    "/%00.js",
    "/%E0%A4.js",
    "/drive",
    "/api/other",
  ];
  for (const path of paths) assert.equal((await app.request(path)).status, 404, path);
});
