import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { EventParser, type ServerEvent } from "./sse.ts";

function parse(...chunks: readonly string[]): readonly ServerEvent[] {
  const events: ServerEvent[] = [];
  const parser = new EventParser((event) => events.push(event));
  for (const chunk of chunks) parser.push(chunk);
  return events;
}

const stream = ': hello\nretry: 2000\n\nevent: session.started\nid: 7\ndata: {"id":"A~1"}\n\n' +
  "event: alert.opened\nid: 8\ndata: one\ndata: two\n\n";
const expected = [
  { id: "7", event: "session.started", data: '{"id":"A~1"}' },
  { id: "8", event: "alert.opened", data: "one\ntwo" },
];

test("events are read whole, comments and retry are not events", () => {
  deepEqual(parse(stream), expected);
});

test("it makes no difference where the stream is cut", () => {
  deepEqual(parse(...stream), expected);
  for (let cut = 0; cut <= stream.length; cut++) {
    deepEqual(parse(stream.slice(0, cut), stream.slice(cut)), expected);
  }
});

test("lines may end in CR, LF or both, also when cut between the two", () => {
  const crlf = stream.replaceAll("\n", "\r\n");
  deepEqual(parse(crlf), expected);
  deepEqual(parse(...crlf), expected);
  // The last blank line waits: its CR may be half of a line end.
  deepEqual(parse(stream.replaceAll("\n", "\r"), ":"), expected);
});

test("the id stays for events that give none, and an event without data is none", () => {
  deepEqual(parse("id: 3\ndata: a\n\ndata: b\n\nevent: x\n\n"), [
    { id: "3", event: "message", data: "a" },
    { id: "3", event: "message", data: "b" },
  ]);
});

test("one blank after the colon is dropped, more are kept, a field may stand alone", () => {
  deepEqual(parse("data:x\n\ndata:  x\n\ndata\n\n"), [
    { id: "", event: "message", data: "x" },
    { id: "", event: "message", data: " x" },
    { id: "", event: "message", data: "" },
  ]);
});
