import type { PlatformRest } from "../platform_rest.ts";
import type { Payload } from "./recording.ts";

export interface RestAnswer<Body = Payload> {
  readonly status: number;
  readonly body: Body;
  /** Where a created resource is, `""` when the answer names none. */
  readonly location: string;
}

/** REST as an operator's program uses it. Paths begin behind `/api/v1`. */
export class CaseRest {
  readonly #rest: PlatformRest;

  constructor(rest: PlatformRest) {
    this.#rest = rest;
  }

  get<Body = Payload>(path: string): Promise<RestAnswer<Body>> {
    return this.#ask("GET", path);
  }

  post<Body = Payload>(path: string, body: unknown = {}): Promise<RestAnswer<Body>> {
    return this.#ask("POST", path, body);
  }

  put<Body = Payload>(path: string, body: unknown): Promise<RestAnswer<Body>> {
    return this.#ask("PUT", path, body);
  }

  patch<Body = Payload>(path: string, body: unknown): Promise<RestAnswer<Body>> {
    return this.#ask("PATCH", path, body);
  }

  delete<Body = Payload>(path: string): Promise<RestAnswer<Body>> {
    return this.#ask("DELETE", path);
  }

  /** The items of the first page of a list. */
  async list<Item = Payload>(path: string): Promise<readonly Item[]> {
    const answer = await this.get<{ readonly items: readonly Item[] }>(path);
    if (answer.status !== 200) throw new Error(`Cannot list ${path}: ${answer.status}`);
    return answer.body.items;
  }

  async #ask<Body>(method: string, path: string, body?: unknown): Promise<RestAnswer<Body>> {
    const response = await this.#rest.request(method, `/api/v1${path}`, {
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), contentType: "application/json" }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: JSON.parse(text === "" ? "{}" : text),
      location: response.headers.get("location") ?? "",
    };
  }
}
