import assert from "node:assert/strict";
import { test } from "node:test";
import { OfflineQueue } from "./offline_queue.ts";

const limits = { length: 3, attempts: 3, retrySeconds: 10 };

test("messages leave in order, each once it was answered", () => {
  const queue = new OfflineQueue<string>(limits);
  queue.push("start", false);
  queue.push("meter", true);
  assert.equal(queue.next(0), "start");
  assert.equal(queue.next(0), "start");
  queue.delivered();
  assert.equal(queue.next(0), "meter");
  queue.delivered();
  assert.equal(queue.next(0), undefined);
});

test("a refused message is retried with growing waits and then dropped", () => {
  const queue = new OfflineQueue<string>(limits);
  queue.push("start", false);
  queue.push("stop", false);
  assert.equal(queue.refused(1_000), "kept");
  assert.equal(queue.next(10_999), undefined);
  assert.equal(queue.next(11_000), "start");
  assert.equal(queue.refused(11_000), "kept");
  assert.equal(queue.dueAt, 31_000);
  assert.equal(queue.refused(31_000), "dropped");
  assert.equal(queue.next(31_000), "stop");
  assert.equal(queue.dropped, 1);
});

test("when room ends a meter value goes, never the head nor a start or stop before it", () => {
  const queue = new OfflineQueue<string>(limits);
  for (const message of ["m1", "m2", "stop", "start"]) queue.push(message, message.startsWith("m"));
  const left: string[] = [];
  for (let next = queue.next(0); next !== undefined; next = queue.next(0)) {
    left.push(next);
    queue.delivered();
  }
  assert.deepEqual(left, ["m1", "stop", "start"]);
});
