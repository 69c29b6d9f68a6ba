import assert from "node:assert/strict";
import { test } from "node:test";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { HOUR_MS, ReservingStation } from "./stage_testing.ts";

const protocols: readonly OcppProtocol[] = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"];

for (const protocol of protocols) {
  test(`${protocol}: a reservation is pending, accepted, and used by the start that names it`, () => {
    const station = new ReservingStation(protocol).online();

    const command = station.reserve({ groupId: "FLEET" });
    const pending = station.reservation();
    station.says(command, "Accepted");
    const accepted = station.reservation();
    const sessionId = station.start(7);

    assert.deepEqual(pending, {
      id: 7,
      stationId: "CP1",
      evseId: 1,
      connectorType: null,
      tokenUid: "TAG1",
      groupId: "FLEET",
      expiresAt: station.expiry(),
      status: "pending",
      detail: null,
      sessionId: null,
      cancellation: null,
      commandId: command,
      createdAt: station.time(),
      updatedAt: station.time(),
    });
    assert.equal(accepted.status, "accepted");
    assert.deepEqual([station.reservation().status, station.reservation().sessionId], [
      "used",
      sessionId,
    ]);
    assert.deepEqual(station.told(), ["pending", "accepted", "used"]);
    assert.deepEqual(station.stage.alarmsOf(station.reservationAddress), []);
  });

  for (const word of ["Faulted", "Occupied", "Unavailable", "Rejected"]) {
    test(`${protocol}: ReserveNow ${word} is the reservation's status`, () => {
      const station = new ReservingStation(protocol).online();

      station.says(station.reserve(), word);

      assert.equal(station.reservation().status, word.toLowerCase());
      assert.equal(station.reservation().detail, `It said ${word}`);
      assert.deepEqual(station.stage.alarmsOf(station.reservationAddress), []);
    });
  }

  test(`${protocol}: an accepted reservation expires at its time, and not before`, () => {
    const station = new ReservingStation(protocol).online().reserved();

    station.stage.advance(HOUR_MS - 1);
    assert.equal(station.reservation().status, "accepted");
    station.stage.advance(1);

    assert.equal(station.reservation().status, "expired");
    assert.deepEqual(station.told(), ["pending", "accepted", "expired"]);
  });

  test(`${protocol}: silence leaves it pending; a late answer decides; else it expires`, () => {
    const station = new ReservingStation(protocol).online();
    const command = station.reserve();
    station.answer(command, { outcome: "timedOut" });
    assert.deepEqual([station.reservation().status, station.reservation().detail], [
      "pending",
      "The station has not answered",
    ]);

    station.says(command, "Accepted", true);
    assert.deepEqual([station.reservation().status, station.reservation().detail], [
      "accepted",
      null,
    ]);

    const unheard = station.reserve({ reservationId: 8, evseId: 2 });
    station.answer(unheard, { outcome: "timedOut" });
    station.stage.advance(HOUR_MS);
    assert.equal(station.reservation(8).status, "expired");
    assert.equal(station.reservation(8).detail, "The station has not answered");
  });

  test(`${protocol}: the same id replaces, also over another EVSE`, () => {
    const station = new ReservingStation(protocol).online().reserved();
    station.stage.advance(HOUR_MS / 2);

    station.says(station.reserve({ evseId: 2, tokenUid: "TAG2" }), "Accepted");

    const { status, evseId, tokenUid, createdAt, expiresAt } = station.reservation();
    assert.deepEqual([status, evseId, tokenUid], ["accepted", 2, "TAG2"]);
    assert.notEqual(createdAt, station.time());
    station.stage.advance(HOUR_MS / 2);
    assert.equal(station.reservation().status, "accepted", "the first expiry is void");
    station.stage.advance(Date.parse(expiresAt) - station.stage.now);
    assert.equal(station.reservation().status, "expired");
  });

  test(`${protocol}: what the station refuses to replace stands as it was`, () => {
    const station = new ReservingStation(protocol).online().reserved();
    const before = station.reservation();

    station.says(
      station.reserve({ evseId: 2, expiresAt: station.expiry(9 * HOUR_MS) }),
      "Occupied",
    );

    const after = station.reservation();
    assert.deepEqual([after.status, after.evseId, after.expiresAt], [
      "accepted",
      1,
      before.expiresAt,
    ]);
    assert.equal(after.detail, "The station refused to change it: Occupied");
    station.stage.advance(HOUR_MS);
    assert.equal(station.reservation().status, "expired");
  });

  test(`${protocol}: an answer to the CALL before says nothing of the one that replaced it`, () => {
    const station = new ReservingStation(protocol).online();
    const first = station.reserve();
    const second = station.reserve({ evseId: 2 });

    station.says(first, "Rejected");
    assert.equal(station.reservation().status, "pending");
    station.says(second, "Accepted");

    assert.deepEqual([station.reservation().status, station.reservation().evseId], ["accepted", 2]);
  });

  test(`${protocol}: a refused cancellation leaves it and says why; an accepted one ends it`, () => {
    const station = new ReservingStation(protocol).online().reserved();

    const first = station.cancel();
    assert.equal(station.reservation().cancellation?.status, "pending");
    station.says(first, "Rejected");
    assert.equal(station.reservation().status, "accepted");
    assert.deepEqual(station.reservation().cancellation, {
      status: "rejected",
      commandId: first,
      detail: "It said Rejected",
    });
    station.says(station.cancel(), "Accepted");

    assert.deepEqual([station.reservation().status, station.reservation().cancellation], [
      "cancelled",
      null,
    ]);
    station.stage.advance(2 * HOUR_MS);
    assert.equal(station.reservation().status, "cancelled");
  });

  test(`${protocol}: a cancellation before a new ReserveNow does not end what that one makes`, () => {
    const station = new ReservingStation(protocol).online().reserved();
    const cancelled = station.cancel();
    const again = station.reserve({ evseId: 2 });

    station.says(cancelled, "Accepted");
    assert.equal(station.reservation().status, "pending");
    station.says(again, "Accepted");

    assert.deepEqual([station.reservation().status, station.reservation().evseId], ["accepted", 2]);
  });

  test(`${protocol}: nothing stands when the cancelled one was to be replaced and is not`, () => {
    const station = new ReservingStation(protocol).online().reserved();
    const cancelled = station.cancel();
    const again = station.reserve({ evseId: 2 });

    station.says(cancelled, "Accepted");
    station.says(again, "Occupied");

    assert.equal(station.reservation().status, "occupied");
  });

  test(`${protocol}: of two cancellations the accepted one counts`, () => {
    const station = new ReservingStation(protocol).online().reserved();
    const first = station.cancel();
    const second = station.cancel();

    station.says(first, "Accepted");
    station.says(second, "Rejected");

    assert.equal(station.reservation().status, "cancelled");
  });

  test(`${protocol}: raw calls change the same reservation`, () => {
    const station = new ReservingStation(protocol).online();
    const expiry = station.expiry();
    const payload = protocol === "ocpp1.6"
      ? { connectorId: 0, expiryDate: expiry, idTag: "RAW", reservationId: 7 }
      : { id: 7, expiryDateTime: expiry, idToken: { idToken: "RAW", type: "ISO14443" } };

    station.tell("call.request", { id: "r1", action: "ReserveNow", payload, timeoutMs: 30_000 });
    station.says("r1", "Accepted");
    const accepted = station.reservation();
    const cancel = { action: "CancelReservation", payload: { reservationId: 7 } };
    station.tell("call.request", { id: "r2", ...cancel, timeoutMs: 30_000 });
    station.says("r2", "Accepted");

    assert.deepEqual([accepted.status, accepted.evseId, accepted.tokenUid], [
      "accepted",
      null,
      "RAW",
    ]);
    assert.equal(station.reservation().status, "cancelled");
  });

  test(`${protocol}: a station that is away is told when it is back, until the expiry`, () => {
    const station = new ReservingStation(protocol).online();
    station.disconnect();
    const away = "The station is not connected: it is told when it is back";

    const command = station.reserve({}, HOUR_MS);
    assert.deepEqual([station.reservation().status, station.reservation().detail], [
      "pending",
      away,
    ]);
    const before = station.orders().length;
    station.stage.advance(HOUR_MS / 2);
    station.connect();
    assert.deepEqual(station.orders().slice(before).map(({ action }) => action), ["ReserveNow"]);
    assert.equal(station.reservation().detail, null);
    station.says(command, "Accepted");
    assert.equal(station.reservation().status, "accepted");

    station.disconnect();
    station.reserve({ reservationId: 8 }, HOUR_MS);
    station.stage.advance(HOUR_MS);
    assert.equal(station.reservation(8).status, "expired");
    assert.equal(station.reservation(8).detail, "The station was not connected in time");
    const sent = station.orders().length;
    station.connect();
    assert.equal(station.orders().length, sent, "what has expired is not sent");
  });

  test(`${protocol}: a station that never connected is told in the words that it then speaks`, () => {
    const station = new ReservingStation(protocol);

    const command = station.reserve({}, HOUR_MS);
    assert.equal(station.reservation().status, "pending");
    station.connect();
    station.says(command, "Accepted");

    assert.equal(station.reservation().status, "accepted");
    assert.equal("idTag" in (station.orders()[0]?.payload as object), protocol === "ocpp1.6");
  });

  test(`${protocol}: a start that was made offline has used what expired here meanwhile`, () => {
    const station = new ReservingStation(protocol).online().reserved();
    station.disconnect();
    station.stage.advance(2 * HOUR_MS);
    assert.equal(station.reservation().status, "expired");
    station.connect();

    const sessionId = station.start(7);

    assert.deepEqual([station.reservation().status, station.reservation().sessionId], [
      "used",
      sessionId,
    ]);
  });

  test(`${protocol}: a lost connection leaves it pending, a start by it tells that it stood`, () => {
    const station = new ReservingStation(protocol).online();
    station.reserve();
    station.disconnect();
    station.connect();
    assert.equal(station.reservation().status, "pending");

    station.start(7);

    assert.equal(station.reservation().status, "used");
  });

  test(`${protocol}: a CALLERROR is a refusal with its code`, () => {
    const station = new ReservingStation(protocol).online();
    const error = { code: "NotSupported", description: "", details: {} };

    station.answer(station.reserve(), { outcome: "failed", error });

    assert.equal(station.reservation().status, "rejected");
    assert.match(station.reservation().detail ?? "", /NotSupported/);
  });
}
