/** A station whose local list a test wishes, and answers what it is sent: for tests of the block. */
import assert from "node:assert/strict";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { LocalListDescription, LocalListOrder } from "#schemas/events/local_list.ts";
import type { ListChange } from "#schemas/local_list.ts";
import { checkRequest } from "#schemas/ocpp_schemas.ts";
import { CommandedStation } from "./commanded_testing.ts";

type Json = Readonly<Record<string, unknown>>;

export function add(idToken: string, status = "Accepted"): ListChange {
  const type = "ISO14443";
  return { idToken, type, entry: { idToken, type, status, expiresAt: null, groupId: null } };
}

export const remove = (idToken: string): ListChange => ({ idToken, type: "ISO14443", entry: null });

/** A station that answers what it is sent when the test says so. */
export class Listed {
  readonly station: CommandedStation;

  constructor(protocol: OcppProtocol = "ocpp2.0.1", settings: Json = { quiet: false }) {
    this.station = CommandedStation.on(protocol, settings);
  }

  order(order: LocalListOrder): LocalListDescription {
    return this.station.tell("block.order", { block: "local-list", order }) as LocalListDescription;
  }

  put(...changes: readonly ListChange[]): LocalListDescription {
    return this.order({ op: "wish", updateType: "Full", changes });
  }

  patch(...changes: readonly ListChange[]): LocalListDescription {
    return this.order({ op: "wish", updateType: "Differential", changes });
  }

  /** Everything that was sent about lists, each checked against the official schema. */
  sent(): readonly Json[] {
    return this.calls().map(({ payload }) => payload as Json);
  }

  calls(): ReturnType<CommandedStation["orders"]> {
    const calls = this.station.orders().filter(({ action }) => action === "SendLocalList");
    for (const { payload } of calls) {
      const { protocol } = this.station;
      assert.equal(checkRequest(protocol, "SendLocalList", payload, "sent"), undefined);
    }
    return calls;
  }

  answer(status: string, index = this.calls().length - 1): void {
    const call = this.calls()[index];
    assert.ok(call !== undefined, "a list was sent");
    this.station.answer(call.messageId, { outcome: "answered", response: { status } });
  }

  silent(outcome: "timedOut" | "unknown" = "timedOut"): void {
    this.station.answer(this.calls().at(-1)?.messageId ?? "", { outcome });
  }

  get list(): Json {
    return this.station.items("local-list").find((body) => "entries" in body) ?? {};
  }

  /** [intended version, confirmed version, state] */
  get stand(): readonly unknown[] {
    const { intendedVersion, confirmedVersion, state } = this.list;
    return [intendedVersion, confirmedVersion, state];
  }

  get uids(): readonly string[] {
    return (this.list["entries"] as readonly { idToken: string }[]).map(({ idToken }) => idToken);
  }
}
