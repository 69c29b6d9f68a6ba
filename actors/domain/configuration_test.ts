import assert from "node:assert/strict";
import { test } from "node:test";
import { attributeKey } from "#schemas/device_variable.ts";
import { forSeeds, type Seeded } from "#schemas/seeded_testing.ts";
import {
  compareConfiguration,
  type ConfigurationTemplate,
  type ConfiguredStation,
  driftOf,
  fitsPattern,
  intendedFor,
  isFor,
  isSameValue,
  toApply,
} from "./configuration.ts";
import type { KnownVariable } from "./device_model.ts";

const station: ConfiguredStation = {
  vendor: "Volta",
  model: "One",
  firmwareVersion: "2.4.1",
  tags: ["depot", "north"],
  protocol: "ocpp2.0.1",
};

function template(id: string, parts: Partial<ConfigurationTemplate> = {}): ConfigurationTemplate {
  return { id, match: {}, variables: [variable("A", id)], ...parts };
}

function variable(name: string, value: string): ConfigurationTemplate["variables"][number] {
  return { component: "C", variable: name, value };
}

function known(name: string, parts: Partial<KnownVariable> = {}): KnownVariable {
  const named = { component: "C", variable: name, attribute: "Actual" } as const;
  return {
    ...{ key: attributeKey(named), name: named, value: null, reportedAt: 10, status: "Accepted" },
    ...{ isSecret: false, traits: {}, set: null },
    ...parts,
  };
}

test("a template fits when all that it names does", () => {
  assert.ok(isFor(template("t"), station));
  const match = { vendor: "volta", model: "ONE", firmware: "2.*", tag: "depot" };
  assert.ok(isFor(template("t", { match, protocol: "ocpp2.0.1" }), station));
  const others = [{ vendor: "x" }, { model: "x" }, { firmware: "3.*" }, { tag: "Depot" }];
  for (const other of others) {
    assert.ok(!isFor(template("t", { match: { ...match, ...other } }), station));
  }
  assert.ok(!isFor(template("t", { protocol: "ocpp1.6" }), station));
  assert.ok(!isFor(template("t", { match: { vendor: "x" } }), { ...station, vendor: null }));
});

test("firmware patterns: stars stand for any text, everything else for itself", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["1.0", "1.0", true],
    ["1.0", "1x0", false],
    ["1.*", "1.", true],
    ["*-beta", "2.0-BETA", true],
    ["1.*.5*", "1.2.5-a", true],
    ["1*1", "1", false],
    ["a*b*a", "aba", true],
    ["a*b*a", "aa", false],
    ["*", "", true],
    ["", "", true],
    ["", "x", false],
  ];
  for (const [pattern, text, fits] of cases) {
    assert.equal(fitsPattern(pattern, text), fits, `${pattern} ${text}`);
  }
});

test("a pattern made from a text by replacing parts with stars fits it", () => {
  forSeeds(300, (random) => {
    const text = Array.from({ length: random.whole(0, 12) }, () => random.pick(["a", "b", "."]));
    const pattern = text.map((letter) => random.happens(0.4) ? "*" : letter).join("");
    assert.ok(fitsPattern(pattern, text.join("")), `${pattern} for ${text.join("")}`);
    assert.ok(fitsPattern(`*${pattern}`, `ab${text.join("")}`));
    assert.ok(!fitsPattern(`${pattern}x`, text.join("")));
  });
});

test("the more a template names the later it counts, and the station's own counts last", () => {
  const templates = [
    template("model", { match: { vendor: "Volta", model: "One" } }),
    template("all"),
    template("tag", { match: { tag: "depot" }, variables: [variable("B", "tag")] }),
    template("other", { match: { tag: "south" } }),
  ];
  const worth = (own: ConfigurationTemplate["variables"]): object =>
    Object.fromEntries(
      intendedFor(station, templates, own).map(({ variable: name, value }) => [name, value]),
    );
  assert.deepEqual(worth([]), { A: "model", B: "tag" });
  assert.deepEqual(worth([{ component: "c", variable: "a", value: "own" }]), {
    a: "own",
    B: "tag",
  });
});

test("the order in which templates are given changes nothing", () => {
  forSeeds(100, (random) => {
    const templates = Array.from({ length: 6 }, (_, index) => randomTemplate(random, `t${index}`));
    const intended = (order: readonly ConfigurationTemplate[]): object =>
      Object.fromEntries(
        intendedFor(station, order, []).map(({ variable: name, value }) => [name, value]),
      );
    assert.deepEqual(intended(random.shuffled(templates)), intended(templates));
  });
});

function randomTemplate(random: Seeded, id: string): ConfigurationTemplate {
  const match = {
    ...(random.happens(0.5) ? { vendor: "Volta" } : {}),
    ...(random.happens(0.5) ? { tag: "depot" } : {}),
  };
  const names = ["A", "B", "C"].filter(() => random.happens(0.6));
  return template(id, { match, variables: names.map((name) => variable(name, id)) });
}

test("keys are for 1.6, components for 2.x; a station that never connected gets both", () => {
  const both = template("t", { variables: [variable("A", "1"), { variable: "K", value: "2" }] });
  const names = (protocol: string | null): readonly string[] =>
    intendedFor({ ...station, protocol }, [both], []).map(({ variable: name }) => name);
  assert.deepEqual(names("ocpp2.1"), ["A"]);
  assert.deepEqual(names("ocpp1.6"), ["K"]);
  assert.deepEqual(names(null), ["A", "K"]);
});

test("what a station says of an intended value is one of five states", () => {
  const set = (status: string, value = "1", at = 20): KnownVariable["set"] => ({
    status,
    value,
    at,
  });
  const states = (found: KnownVariable | undefined): string =>
    compareConfiguration(
      [{ ...variable("A", "1"), template: null }],
      found === undefined ? [] : [found],
    )[0]?.state ?? "none";
  const cases: readonly (readonly [string, KnownVariable | undefined])[] = [
    ["unknown", undefined],
    ["unknown", known("A")],
    ["same", known("A", { value: "1" })],
    ["drifted", known("A", { value: "2" })],
    ["drifted", known("A", { status: "UnknownVariable" })],
    ["rejected", known("A", { value: "2", set: set("Rejected") })],
    ["rejected", known("A", { set: set("NotSupported") })],
    ["drifted", known("A", { value: "2", set: set("Rejected", "7") })],
    ["drifted", known("A", { value: "2", set: set("pending") })],
    ["unknown", known("A", { set: set("unanswered") })],
    ["rebootRequired", known("A", { value: "2", set: set("RebootRequired") })],
    ["drifted", known("A", { value: "2", reportedAt: 30, set: set("RebootRequired") })],
    ["same", known("A", { value: "1", reportedAt: 30, set: set("RebootRequired") })],
    ["drifted", known("A", { value: "2", reportedAt: 30, set: set("Accepted") })],
  ];
  for (const [state, found] of cases) assert.equal(states(found), state, JSON.stringify(found));
});

test("what is sent is what differs; what a restart will change is not sent again", () => {
  const intended = ["A", "B", "C"].map((name) => ({ ...variable(name, "1"), template: "t" }));
  const items = compareConfiguration(intended, [
    known("A", { value: "1" }),
    known("B", { value: "2" }),
    known("C", { set: { status: "RebootRequired", value: "1", at: 20 } }),
  ]);
  assert.deepEqual(toApply(items), [variable("B", "1")]);
  assert.deepEqual(driftOf(items).map(({ variable: name }) => name), ["B"]);
});

test("equal values of a data type may be written differently", () => {
  const same: readonly (readonly [string, string, string?])[] = [
    ["10", "10.0", "integer"],
    ["1e3", "1000", "decimal"],
    ["true", "True", "boolean"],
    ["TRUE", "true"],
    ["A,B", "A, B"],
    ["B,A", "A,B", "MemberList"],
    ["2026-11-22T12:00:00Z", "2026-11-22T13:00:00+01:00", "dateTime"],
    ["", " "],
  ];
  for (const [one, other, type] of same) assert.ok(isSameValue(one, other, type), one);
  const different: readonly (readonly [string, string, string?])[] = [
    ["10", "10.0"],
    ["B,A", "A,B", "SequenceList"],
    ["B,A", "A,B"],
    ["abc", "ABC", "string"],
    ["0", "", "integer"],
    ["x", "y", "integer"],
    ["x", "y", "dateTime"],
  ];
  for (const [one, other, type] of different) assert.ok(!isSameValue(one, other, type), one);
});

test("being the same value is mutual, and everything is the same as itself", () => {
  const types = [
    "integer",
    "decimal",
    "boolean",
    "MemberList",
    "SequenceList",
    "string",
    "none",
  ];
  forSeeds(300, (random) => {
    const text = (): string =>
      Array.from({ length: random.whole(0, 4) }, () => random.pick(["1", "0", ".", ",", "a", " "]))
        .join("");
    const [one, other, type] = [text(), text(), random.pick(types)];
    assert.ok(isSameValue(one, one, type));
    assert.equal(isSameValue(one, other, type), isSameValue(other, one, type));
  });
});
