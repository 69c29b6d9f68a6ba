/** What a station tells of a reservation on its own: updates, and starts that use it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "#actors/stage_testing.ts";
import { HOUR_MS, ReservingStation } from "./stage_testing.ts";

const updates = [
  ["Expired", "expired", null],
  ["Removed", "cancelled", "The station removed it"],
  ["NoTransaction", "used", "It was used, and no transaction was begun"],
] as const;

for (const [said, status, detail] of updates) {
  test(`ReservationStatusUpdate ${said} makes it ${status}, also before the answer`, () => {
    for (const isAnswered of [true, false]) {
      const station = new ReservingStation("ocpp2.1").online();
      const command = station.reserve();
      if (isAnswered) station.says(command, "Accepted");

      const answer = station.call("ReservationStatusUpdate", {
        reservationId: 7,
        reservationUpdateStatus: said,
      });

      assert.deepEqual(answer, {});
      assert.deepEqual([station.reservation().status, station.reservation().detail], [
        status,
        detail,
      ]);
      if (!isAnswered) station.says(command, "Accepted", true);
      assert.equal(station.reservation().status, status);
    }
  });
}

test("an update that is repeated, unknown, or of a reservation that nobody made changes nothing", () => {
  const station = new ReservingStation("ocpp2.0.1").online().reserved();
  const update = (reservationId: number, reservationUpdateStatus: string): unknown =>
    station.call("ReservationStatusUpdate", { reservationId, reservationUpdateStatus });

  assert.deepEqual(update(7, "Postponed"), {});
  assert.equal(station.reservation().status, "accepted");
  assert.deepEqual(update(999, "Expired"), {});
  assert.equal(station.stage.rows.has("station_items/CP1/reservation/999"), false);
  update(7, "Expired");
  update(7, "Expired");
  assert.deepEqual(station.told(), ["pending", "accepted", "expired"]);
});

test("a reservation named by a later event of a transaction is used by it (rule U4)", () => {
  const station = new ReservingStation("ocpp2.0.1").online().reserved();
  station.event("Started", { transactionId: "T1", evseId: 1 });
  assert.equal(station.reservation().status, "accepted");

  station.event("Updated", { transactionId: "T1", uid: "TAG1", reservationId: 7, seqNo: 1 });

  assert.deepEqual([station.reservation().status, station.reservation().sessionId], [
    "used",
    "CP1~1",
  ]);
});

test("a late start of a closed transaction tells that it used the reservation", () => {
  const station = new ReservingStation("ocpp2.0.1").online().reserved();
  station.event("Ended", { transactionId: "T1", evseId: 1, seqNo: 2 });

  station.event("Started", { transactionId: "T1", uid: "TAG1", reservationId: 7, seqNo: 0 });

  assert.deepEqual([station.reservation().status, station.reservation().sessionId], [
    "used",
    "CP1~1",
  ]);
});

test("a start whose token is refused has used the reservation without a session", () => {
  const station = new ReservingStation("ocpp1.6").online().reserved();
  station.tell("station.change", { settings: { authorisationRequired: true } });

  station.start(7);

  assert.deepEqual([station.reservation().status, station.reservation().sessionId], ["used", null]);
});

test("a group's member uses it: the number decides, not the token", () => {
  const station = new ReservingStation("ocpp1.6").online().reserved({ groupId: "FLEET" });

  station.start(7, 1, "TAG2");

  assert.equal(station.reservation().status, "used");
});

test("another start leaves the reservation alone", () => {
  const station = new ReservingStation("ocpp2.0.1").online().reserved();

  station.start(undefined, 1, "TAG2");

  assert.equal(station.reservation().status, "accepted");
});

test("Reserved before the answer shows on the connector, the reservation waits for the answer", () => {
  const station = new ReservingStation("ocpp1.6").online();
  const command = station.reserve();

  const status = { connectorId: 1, errorCode: "NoError", status: "Reserved" };
  station.call("StatusNotification", { ...status, timestamp: station.time() });

  const [evse] = station.describe()["evses"] as { connectors: { status: string }[] }[];
  assert.equal(evse?.connectors[0]?.status, "Reserved");
  assert.equal(station.reservation().status, "pending");
  station.says(command, "Accepted");
  assert.equal(station.reservation().status, "accepted");
});

test("an expiry in the past does not hide what the station answers", () => {
  const station = new ReservingStation("ocpp1.6").online();
  const command = station.reserve({ expiresAt: station.expiry(-HOUR_MS) });

  station.stage.advance(1_000);
  station.says(command, "Rejected");

  assert.equal(station.reservation().status, "rejected");
});

test("a snapshot is small, and a reservation is asked nothing from outside", () => {
  const station = new ReservingStation("ocpp2.1").online();
  const uid = "x".repeat(255);
  station.reserved({ tokenUid: uid, groupId: uid });
  station.reserve({ tokenUid: uid, groupId: uid });

  const ask = (): unknown =>
    station.stage.ask(station.reservationAddress, { type: "reservation.steal", cause: "test" });
  assert.equal(refusal(ask), "unknown-action");
  assert.ok(station.stage.largestSnapshot <= 4_096, `${station.stage.largestSnapshot}`);
});
