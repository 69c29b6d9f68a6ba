import assert from "node:assert/strict";
import { test } from "node:test";
import { SimRandom } from "#engine/sim/sim_random.ts";
import {
  type BadFrame,
  CALL,
  CALLERROR,
  type CallFrame,
  CALLRESULT,
  CALLRESULTERROR,
  decodeFrame,
  encodeCall,
  encodeError,
  encodeResult,
  SEND,
} from "./frame.ts";
import { DEPTH_MAX } from "./payload_guard.ts";

function decodeCall(text: string): CallFrame {
  const frame = decodeFrame(text);
  assert.ok("payloadText" in frame, `not a CALL: ${text}`);
  return frame;
}

function decodeBad(text: string): BadFrame {
  const frame = decodeFrame(text);
  assert.ok(frame.type === "bad", `not bad: ${text}`);
  return frame;
}

test("decodeFrame() passes the payload's text on unchanged", () => {
  const payload = `{ "b": 1.50, "a":[ 1e2 ] , "\\u00e9": "é" }`;

  const frame = decodeCall(` [ 2 , "19223201" , "DataTransfer" , ${payload} ] \n`);

  assert.equal(frame.type, CALL);
  assert.equal(frame.messageId, "19223201");
  assert.equal(frame.action, "DataTransfer");
  assert.equal(frame.payloadText.trim(), payload);
  assert.deepEqual(frame.payload, JSON.parse(payload));
});

test("decodeFrame() keeps the digits of numeric message ids", () => {
  for (const id of ["7", "-12", "123456789012345", "12345678901234567890", "1.50"]) {
    const frame = decodeCall(`[2,${id},"Heartbeat",{}]`);

    assert.equal(frame.idText, id);
    assert.equal(frame.messageId, id);
    assert.equal(encodeResult(frame.idText, "{}"), `[3,${id},{}]`);
  }
});

test("decodeFrame() echoes ids that need escapes by their meaning", () => {
  const frame = decodeCall(String.raw`[2,"a\"b\u00e9ü","Heartbeat",{}]`);

  assert.equal(frame.messageId, 'a"béü');
  assert.equal(JSON.parse(frame.idText), 'a"béü');
});

test("decodeFrame() reads results, errors and SENDs", () => {
  assert.deepEqual(decodeFrame('[3,"x",{"status":"Accepted"}]'), {
    type: CALLRESULT,
    messageId: "x",
    payload: { status: "Accepted" },
  });
  assert.deepEqual(decodeFrame('[4,"x","GenericError","no",{"a":1}]'), {
    type: CALLERROR,
    messageId: "x",
    code: "GenericError",
    description: "no",
    details: { a: 1 },
  });
  assert.equal(decodeFrame('[5,"x","FormatViolation","",{}]').type, CALLRESULTERROR);
  assert.equal(decodeCall('[6,"x","NotifyPeriodicEventStream",{}]').type, SEND);
});

test("decodeFrame() bears a CALLERROR without description and details", () => {
  const frame = decodeFrame('[4,5,"NotSupported"]');

  assert.deepEqual(frame, {
    type: CALLERROR,
    messageId: "5",
    code: "NotSupported",
    description: "",
    details: {},
  });
});

interface Bad {
  readonly text: string;
  readonly kind: BadFrame["kind"];
  readonly id?: string;
  readonly isSilent?: boolean;
}

const badFrames: readonly Bad[] = [
  { text: "", kind: "unreadable-frame" },
  { text: "hello", kind: "unreadable-frame" },
  { text: "null", kind: "unreadable-frame" },
  { text: "{}", kind: "unreadable-frame" },
  { text: "[]", kind: "unreadable-frame" },
  { text: '["2","a","Heartbeat",{}]', kind: "unreadable-frame" },
  { text: '[2,"a","Heartbeat",{]', kind: "unreadable-frame", id: '"a"' },
  { text: '[2,17,"Heartbeat",{', kind: "unreadable-frame", id: "17" },
  { text: '[2,"a","Heartbeat"]', kind: "unreadable-frame", id: '"a"' },
  { text: '[2,"a","Heartbeat",{},1]', kind: "unreadable-frame", id: '"a"' },
  { text: '[2,"a",5,{}]', kind: "unreadable-frame", id: '"a"' },
  { text: '[2,null,"Heartbeat",{}]', kind: "unreadable-frame" },
  { text: '[2,{"a":1},"Heartbeat",{}]', kind: "unreadable-frame" },
  { text: `[2,"${"i".repeat(129)}","Heartbeat",{}]`, kind: "unreadable-frame" },
  { text: '[7,"a","Heartbeat",{}]', kind: "unknown-message-type", id: '"a"' },
  { text: "[1]", kind: "unknown-message-type" },
  { text: '[3,"a"]', kind: "unreadable-frame", id: '"a"', isSilent: true },
  { text: '[3,"a",{', kind: "unreadable-frame", id: '"a"', isSilent: true },
  { text: "[4]", kind: "unreadable-frame", isSilent: true },
  { text: String.raw`[2,"a","Heartbeat",{"x":"\u0000"}]`, kind: "malformed", id: '"a"' },
  { text: String.raw`[2,"a","Heartbeat",{"\u0000":1}]`, kind: "malformed", id: '"a"' },
  { text: String.raw`[2,"a","Heartbeat",{"x":["\ud800"]}]`, kind: "malformed", id: '"a"' },
  { text: String.raw`[2,"a","Heartbeat",{"x":"\uDC00\uD800"}]`, kind: "malformed", id: '"a"' },
  { text: '[2,"a","Heartbeat",{"x":1e400}]', kind: "malformed", id: '"a"' },
  { text: '[2,"a","Heartbeat",{"x":-1E+999}]', kind: "malformed", id: '"a"' },
  { text: '[2,"a","Heartbeat",{"x":1e-400}]', kind: "malformed", id: '"a"' },
  { text: `[2,"a","Heartbeat",{"x":${"9".repeat(400)}}]`, kind: "malformed", id: '"a"' },
  { text: `[2,"a","Heartbeat",${nested(DEPTH_MAX + 1)}]`, kind: "malformed", id: '"a"' },
  { text: `[2,"a","Heartbeat",${nested(20_000)}]`, kind: "malformed", id: '"a"' },
  { text: String.raw`[3,"a",{"x":"\u0000"}]`, kind: "malformed", id: '"a"', isSilent: true },
];

for (const { text, kind, id, isSilent = false } of badFrames) {
  test(`decodeFrame() calls ${text.slice(0, 60)} (${text.length}) ${kind}`, () => {
    const frame = decodeBad(text);

    assert.equal(frame.kind, kind);
    assert.equal(frame.idText, id);
    assert.equal(frame.isAnswerable, !isSilent);
  });
}

test("decodeFrame() takes what only looks like a bad character, number or depth", () => {
  for (
    const payload of [
      String.raw`{"x":"\\u0000 \\ud800"}`,
      String.raw`{"x":"\ud83d\ude00"}`,
      '{"x":"1e400","1e-400":2}',
      '{"x":1e300,"y":1e-300,"z":0e999}',
      `{"x":"${"[{".repeat(100)}"}`,
      `{"x":[${"{},".repeat(100)}{}]}`,
      nested(DEPTH_MAX),
    ]
  ) {
    assert.equal(decodeCall(`[2,"a","DataTransfer",${payload}]`).payloadText, payload);
  }
});

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

test("decodeFrame() inverts encodeCall() and encodeResult() for random frames", () => {
  const random = new SimRandom(7);
  for (let round = 0; round < 2_000; round++) {
    const id = randomText(random, 36);
    const payload = randomValue(random, 4);
    const payloadText = JSON.stringify({ payload });

    const call = decodeFrame(encodeCall(id, "DataTransfer", payloadText));
    const result = decodeFrame(encodeResult(JSON.stringify(id), payloadText));
    const error = decodeFrame(encodeError(JSON.stringify(id), "GenericError", id, { payload }));

    assert.deepEqual(call, {
      type: CALL,
      idText: JSON.stringify(id),
      messageId: id,
      action: "DataTransfer",
      payload: { payload },
      payloadText,
    });
    assert.deepEqual(result, { type: CALLRESULT, messageId: id, payload: { payload } });
    assert.deepEqual(error, {
      type: CALLERROR,
      messageId: id,
      code: "GenericError",
      description: id,
      details: { payload },
    });
  }
});

test("decodeFrame() never throws, whatever the text", () => {
  const random = new SimRandom(11);
  const seeds = [
    '[2,"19","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]',
    '[3,"19",{"status":"Accepted"}]',
    '[4,"19","GenericError","",{}]',
  ];
  for (let round = 0; round < 5_000; round++) {
    const seed = seeds[random.integer(seeds.length)] ?? "";
    const characters = [...seed];
    for (let change = random.integer(4); change >= 0; change--) {
      const at = random.integer(characters.length);
      characters.splice(at, random.integer(3), '"[]{},:0\\u\0é'.charAt(random.integer(12)));
    }
    assert.notEqual(decodeFrame(characters.join("")), undefined);
  }
});

function randomText(random: SimRandom, lengthMax: number): string {
  const alphabet = ["a", "Z", "0", " ", '"', "\\", "/", "\n", "é", "€", "😀", "[", "]", "{", ","];
  let text = "";
  for (let left = random.integer(lengthMax / 2); left > 0; left--) {
    text += alphabet[random.integer(alphabet.length)];
  }
  return text;
}

function randomValue(random: SimRandom, depth: number): unknown {
  const kind = random.integer(depth > 0 ? 7 : 5);
  if (kind === 0) return null;
  if (kind === 1) return random.chance(0.5);
  if (kind === 2) return random.integer(1_000_000) / 1_000;
  if (kind === 3 || kind === 4) return randomText(random, 20);
  const parts = Array.from({ length: random.integer(4) }, () => randomValue(random, depth - 1));
  return kind === 5 ? parts : Object.fromEntries(parts.map((part, index) => [`k${index}`, part]));
}
