/** A station on a stage that is sent raw and typed CALLs, and its items: for tests of blocks. */
import { Stage, StationOnStage } from "#actors/stage_testing.ts";
import type { CommandKind } from "#schemas/events/charger.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";

type Json = Readonly<Record<string, unknown>>;

export class CommandedStation extends StationOnStage {
  #commands = 0;

  /** Registered, connected and booted; quiet, so that nothing leaves but what a test asks for. */
  static on(protocol: OcppProtocol, settings: Json = {}): CommandedStation {
    const station = new CommandedStation(new Stage(), "CP1", protocol);
    station.register({ quiet: true, ...settings }).connect();
    station.boot();
    return station;
  }

  /** A typed command; gives its id. */
  command(kind: CommandKind, body: Json, more: Json = {}): string {
    const id = `c${++this.#commands}`;
    const request = { id, kind, body, timeoutMs: 30_000, queueMs: 60_000, ...more };
    this.tell("command.request", request);
    return id;
  }

  /** A raw CALL; gives its id. */
  raw(action: string, payload: Json): string {
    const id = `c${++this.#commands}`;
    this.tell("call.request", { id, action, payload, timeoutMs: 30_000 });
    return id;
  }

  answered(id: string, response: Json): void {
    this.answer(id, { outcome: "answered", response });
  }

  /** Bodies of the items of a block, oldest first. */
  items(block: string): readonly Json[] {
    return [...this.stage.rows].filter(([id]) => id.startsWith(`station_items/CP1/${block}/`))
      .map(([, row]) => row["body"] as Json);
  }

  statusOf(id: string): unknown {
    return this.stage.row("commands", id)["status"];
  }
}
