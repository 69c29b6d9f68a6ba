/** Server-sent events from a byte stream, as the HTML standard (9.2.6) reads them. */

export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Feed it text as it comes; it calls back for every whole event. */
export class EventParser {
  #rest = "";
  #event = "";
  #id = "";
  #lines: string[] = [];
  readonly #dispatch: (event: ServerEvent) => void;

  constructor(dispatch: (event: ServerEvent) => void) {
    this.#dispatch = dispatch;
  }

  push(text: string): void {
    const whole = this.#rest + text;
    // A carriage return at the very end may be half of a line end: it waits for the next chunk.
    const usable = whole.endsWith("\r") ? whole.length - 1 : whole.length;
    const lines = whole.slice(0, usable).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? "") + whole.slice(usable);
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === "") return this.#end();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#event = value;
    else if (field === "data") this.#lines.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
  }

  #end(): void {
    if (this.#lines.length > 0) {
      this.#dispatch({
        id: this.#id,
        event: this.#event === "" ? "message" : this.#event,
        data: this.#lines.join("\n"),
      });
    }
    this.#event = "";
    this.#lines = [];
  }
}
