// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import { presenceDescribed, stationDescribed, type TestApi, testApi } from "../testing.ts";

let api: TestApi;
const places = [
  ["home", "Home", 48.0, 11.0],
  ["near", "Near", 48.0, 11.05],
  ["far", "Far", 49.0, 11.0],
  ["fiji", "Date line west", -17.0, 179.99],
] as const;

before(async () => {
  api = await testApi();
  for (const [id, name, latitude, longitude] of places) {
    await api.sql`INSERT INTO locations (tenant, id, name, latitude, longitude, time_zone, address)
      VALUES ('default', ${id}, ${name}, ${latitude}, ${longitude}, 'UTC', 'Street')`;
  }
  await insertStation("CP-1", { location: "home", tags: ["depot"], status: "Available" });
  await insertStation("CP-2", { location: "near", tags: ["depot", "hpc"], status: "Charging" });
  await insertStation("CP-3", { location: "far", status: "Available", connected: false });
  await insertStation("CP_4", { location: "fiji", model: "100% Fast" });
  await insertStation("other", { tenant: "other", status: "Available" });
});
after(() => api.close());

interface Inserted {
  readonly tenant?: string;
  readonly location?: string;
  readonly tags?: string[];
  readonly status?: string;
  readonly connected?: boolean;
  readonly model?: string;
}

async function insertStation(id: string, station: Inserted): Promise<void> {
  const { tenant = "default", location = null, tags = [], connected = true, model = null } =
    station;
  const statuses = station.status === undefined ? [] : [station.status];
  await api.sql`INSERT INTO stations (tenant, id, location_id, tags, security_profile, quiet,
      registration, heartbeat_interval_seconds, authorisation_required, connected, model, statuses,
      created_at)
    VALUES (${tenant}, ${id}, ${location}, ${tags}, 1, false, 'Accepted', 300, true, ${connected},
      ${model}, ${statuses}, now())`;
}

async function found(query: string): Promise<string[]> {
  const page = await api.call("GET", `/stations?${query}`);
  assert.equal(page.status, 200, page.text);
  return page.body.items.map(({ id }: { id: string }) => id).sort();
}

test("stations are found by text, tag, status, place and connection, and only one's own", async () => {
  assert.deepEqual(await found(""), ["CP-1", "CP-2", "CP-3", "CP_4"]);
  assert.deepEqual(await found("search=cp-"), ["CP-1", "CP-2", "CP-3"]);
  assert.deepEqual(await found("search=CP_"), ["CP_4"]);
  assert.deepEqual(await found("search=100%25"), ["CP_4"]);
  assert.deepEqual(await found("search=depot%20near"), ["CP-2"]);
  assert.deepEqual(await found("tag=hpc"), ["CP-2"]);
  assert.deepEqual(await found("status=Available"), ["CP-1", "CP-3"]);
  assert.deepEqual(await found("connected=false"), ["CP-3"]);
  assert.deepEqual(await found("available=true"), ["CP-1"]);
  assert.deepEqual(await found("available=false"), ["CP-2", "CP-3", "CP_4"]);
  assert.deepEqual(await found("locationId=far"), ["CP-3"]);
});

test("stations are found by distance, also across the date line and at the pole", async () => {
  assert.deepEqual(await found("near=48.0,11.0&radiusM=1000"), ["CP-1"]);
  assert.deepEqual(await found("near=48.0,11.0&radiusM=3700"), ["CP-1"]);
  assert.deepEqual(await found("near=48.0,11.0&radiusM=3800"), ["CP-1", "CP-2"]);
  assert.deepEqual(await found("near=48.0,11.0&radiusM=112000"), ["CP-1", "CP-2", "CP-3"]);
  assert.deepEqual(await found("near=-17.0,-179.99&radiusM=5000"), ["CP_4"]);
  assert.deepEqual(await found("near=90,0&radiusM=1000"), []);
  assert.equal((await api.call("GET", "/stations?near=48")).status, 400);
});

test("the station list has the shape of one station", async () => {
  const { body } = await api.call("GET", "/stations?search=CP-2");
  const { createdAt: _, ...station } = body.items[0];
  const { createdAt: __, ...described } = stationDescribed("CP-2", {
    securityProfile: 1,
    locationId: "near",
    tags: ["depot", "hpc"],
    presence: presenceDescribed({ protocol: null }),
  });
  assert.deepEqual(station, described);
});

test("a station is created by its actor; its password leaves the api only as a record", async () => {
  api.actors.answers.set("station.register", ({ to, body }) => {
    return { created: true, station: stationDescribed(to.key, body["settings"] ?? {}) };
  });
  const created = await api.call("POST", "/stations", {
    id: "DE*1",
    securityProfile: 1,
    password: "a long machine secret",
    locationId: "home",
    authorisationRequired: false,
  });
  assert.equal(created.status, 201);
  assert.equal(created.headers.get("location"), "/api/v1/stations/DE*1");
  assert.equal(created.body.authorisationRequired, false);
  const told = api.actors.asked.at(-1);
  assert.doesNotMatch(JSON.stringify(told), /machine secret/);
  assert.equal(JSON.parse(JSON.stringify(told?.body)).password.scheme, "hmac-sha256");
  const nowhere = await api.call("POST", "/stations", { id: "X", locationId: "nowhere" });
  assert.equal(nowhere.status, 409);
});

test("PATCH merges, PUT replaces, DELETE removes", async () => {
  api.actors.answers.set("station.change", ({ to }) => {
    return { created: false, station: stationDescribed(to.key) };
  });
  await api.call("PATCH", "/stations/A", { locationId: null, tags: null, quiet: true });
  assert.deepEqual(api.actors.asked.at(-1)?.body, {
    settings: { locationId: null, tags: [], quiet: true, isFreePlace: false, placePrice: null },
  });
  api.actors.answers.set("station.import", ({ to }) => {
    return { created: to.key === "new", station: stationDescribed(to.key) };
  });
  // What GET shows may be sent back as it is.
  const shown = stationDescribed("A");
  assert.equal((await api.call("PUT", "/stations/A", shown)).status, 200);
  assert.equal((await api.call("PUT", "/stations/new", {})).status, 201);
  assert.equal((await api.call("PUT", "/stations/B", { id: "A" })).status, 400);
  api.actors.answers.set("station.remove", () => ({}));
  assert.equal((await api.call("DELETE", "/stations/A")).status, 204);
  api.actors.answers.set("session.close-stale", () => ({ closed: ["A~1"] }));
  assert.deepEqual((await api.call("POST", "/stations/A/close-stale")).body, { closed: ["A~1"] });
});

test("a location with free vend tells its stations, those that are there and those that come", async () => {
  const told = (): unknown => api.actors.asked.at(-1)?.body;
  api.actors.answers.set("station.change", ({ to }) => {
    return { created: false, station: stationDescribed(to.key) };
  });
  const free = await api.call("PATCH", "/locations/far", { authorisationRequired: false });
  assert.equal(free.body.authorisationRequired, false);
  assert.equal(api.actors.asked.at(-1)?.to.key, "CP-3");
  assert.deepEqual(told(), { settings: { isFreePlace: true, placePrice: null } });
  await api.call("PATCH", "/stations/A", { locationId: "far" });
  assert.deepEqual(told(), {
    settings: { locationId: "far", isFreePlace: true, placePrice: null },
  });
  const asked = api.actors.asked.length;
  await api.call("PATCH", "/locations/far", { name: "Further" });
  assert.equal(api.actors.asked.length, asked);
  assert.equal((await api.call("GET", "/locations/far")).body.authorisationRequired, false);
  const again = await api.call("PATCH", "/locations/far", { authorisationRequired: null });
  assert.equal(again.body.authorisationRequired, undefined);
  assert.deepEqual(told(), { settings: { isFreePlace: false, placePrice: null } });
});

test("a price is a location's or a station's own, and reaches the stations that it is for", async () => {
  const told = (): unknown => api.actors.asked.at(-1)?.body;
  const price = { currency: "EUR", perKwh: "0.49" };
  api.actors.answers.set("station.change", ({ to }) => {
    return { created: false, station: stationDescribed(to.key) };
  });
  const set = await api.call("PATCH", "/locations/far", { energyPrice: price });
  assert.deepEqual(set.body.energyPrice, price);
  assert.deepEqual(told(), { settings: { isFreePlace: false, placePrice: price } });
  assert.deepEqual((await api.call("GET", "/locations/far")).body.energyPrice, price);
  await api.call("PATCH", "/stations/CP-3", { energyPrice: { ...price, perKwh: "0" } });
  assert.deepEqual(told(), { settings: { energyPrice: { ...price, perKwh: "0" } } });
  await api.call("PATCH", "/stations/CP-3", { energyPrice: null });
  assert.deepEqual(told(), { settings: { energyPrice: null } });
  const gone = await api.call("PATCH", "/locations/far", { energyPrice: null });
  assert.equal("energyPrice" in gone.body && gone.body.energyPrice !== null, false);
  assert.deepEqual(told(), { settings: { isFreePlace: false, placePrice: null } });
  for (const perKwh of ["0,49", "-1", ".5", "1e3", "00.5", 0.49]) {
    const { status } = await api.call("PATCH", "/locations/far", {
      energyPrice: { ...price, perKwh },
    });
    assert.equal(status, 400);
  }
});

test("an import of stations goes on when rows fail", async () => {
  api.actors.answers.set("station.import", ({ to }) => {
    if (to.key === "bad") throw new PlatformError("conflict", "Cannot import bad: it is bad");
    return { created: to.key !== "old", station: stationDescribed(to.key) };
  });
  const csv = `id,securityProfile,tags,locationId,quiet\nnew,2,a;b,home,true\nold,,,,\nbad,,,,\n` +
    `far,7,,,\nlost,,,nowhere,\n`;
  const report = await api.call("POST", "/stations/import", csv, { "content-type": "text/csv" });
  const { errors, ...counts } = report.body;
  assert.deepEqual(counts, { created: 1, updated: 1, failed: 3 });
  assert.deepEqual(errors.map(({ line }: { line: number }) => line), [4, 5, 6]);
  const told = api.actors.asked.find(({ to, header }) =>
    to.key === "new" && header.type === "station.import" && "settings" in header === false
  );
  assert.ok(told);
  const settings = api.actors.asked.filter(({ to }) => to.key === "new").at(-1)?.body;
  assert.deepEqual(settings, {
    settings: {
      securityProfile: 2,
      locationId: "home",
      tags: ["a", "b"],
      quiet: true,
      isFreePlace: false,
      placePrice: null,
    },
  });
});

test("10,000 stations are imported with bounded concurrency", async () => {
  let now = 0;
  let most = 0;
  api.actors.answers.set("station.import", async ({ to }) => {
    most = Math.max(most, ++now);
    await Promise.resolve();
    now--;
    return { created: true, station: stationDescribed(to.key) };
  });
  const lines = Array.from({ length: 10_000 }, (_, index) => `{"id":"S${index}"}`).join("\n");
  const report = await api.call("POST", "/stations/import", lines, {
    "content-type": "application/x-ndjson",
  });
  assert.equal(report.body.created, 10_000);
  assert.ok(most <= 500 && most > 100);
});
