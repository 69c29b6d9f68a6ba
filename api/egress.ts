/**
 * The only way out to addresses that a client of ours has named (webhooks, and whatever comes to
 * call out): such an address must not reach what stands behind our own doors. The name is resolved
 * once, every address it gives is checked, and the connection goes to the very address that was
 * checked, so that a name that answers differently a moment later changes nothing.
 */
import { Buffer } from "node:buffer";
import { lookup } from "node:dns/promises";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIP } from "node:net";
import type { Clock } from "#engine/ports/clock.ts";
import { PlatformError } from "#schemas/errors.ts";
import { addressText, forbiddenReason } from "./egress_addresses.ts";

/** What our side allows; deny by default. */
export interface EgressRules {
  /** Private, loopback and link-local addresses, and http without TLS: for closed networks. */
  readonly allowPrivate: boolean;
  /** Host names, or addresses, that may be private and may be http. Lower case. */
  readonly allowHosts: readonly string[];
  readonly ports: readonly number[];
}

export const egressPorts: readonly number[] = [80, 443, 8080, 8443];

/** As the environment says it (`schemas/config.ts`): lists by commas. */
export function egressRules(config: {
  readonly egressAllowPrivate: boolean;
  readonly egressAllow?: string;
  readonly egressPorts: string;
}): EgressRules {
  const { egressAllowPrivate, egressAllow = "", egressPorts: ports } = config;
  const listed = (text: string): readonly string[] =>
    text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  return {
    allowPrivate: egressAllowPrivate,
    allowHosts: listed(egressAllow).map((host) => host.toLowerCase()),
    ports: listed(ports).map(Number),
  };
}

/** All addresses of a name. */
export type Resolver = (host: string) => Promise<readonly string[]>;

export interface EgressOptions {
  readonly rules: EgressRules;
  readonly clock: Clock;
  readonly resolve?: Resolver;
  /** Certificate authorities instead of the system's, PEM. */
  readonly ca?: string;
}

export interface EgressRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For everything, from the name to the last byte. */
  readonly timeoutMs: number;
  /** No more of the answer than this is read. */
  readonly answerBytesMax: number;
}

export interface EgressAnswer {
  readonly status: number;
  /** The first bytes of the body, as text. */
  readonly text: string;
}

/** Nobody answered, or we may not go there. The message is for the operator: no stack, no secret. */
export class EgressFailure extends Error {
  /** True: our rules forbid it, nothing was sent. */
  readonly isRefused: boolean;

  constructor(
    sentence: string,
    options: { readonly isRefused: boolean; readonly cause?: unknown },
  ) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "EgressFailure";
    this.isRefused = options.isRefused;
  }
}

export class Egress {
  readonly #options: EgressOptions;

  constructor(options: EgressOptions) {
    this.#options = options;
  }

  /**
   * Looks at an address as a client gives it, without resolving its name.
   *
   * @throws {EgressFailure} when it can never be sent to.
   */
  check(text: string): URL {
    const { rules } = this.#options;
    const url = URL.canParse(text) ? new URL(text) : refuse("it is no URL");
    const isTrusted = this.#isTrusted(hostOf(url));
    if (url.protocol !== "https:" && !(url.protocol === "http:" && isTrusted)) {
      refuse("it must begin with https://");
    }
    if (url.username !== "" || url.password !== "") refuse("it holds a user name or password");
    if (!rules.ports.includes(portOf(url))) {
      refuse(`its port must be one of ${rules.ports.join(", ")}`);
    }
    if (isIP(hostOf(url)) !== 0) this.#checkAddress(hostOf(url), isTrusted);
    return url;
  }

  /**
   * Sends one POST. Redirects are not followed: a 3xx is an answer like any other.
   *
   * @throws {EgressFailure} when there is no whole answer in time.
   */
  async post(request: EgressRequest): Promise<EgressAnswer> {
    const stop = new AbortController();
    const late = (): void => stop.abort(failure(`no answer within ${request.timeoutMs / 1_000} s`));
    const cancel = this.#options.clock.schedule(request.timeoutMs, late);
    const stopped = new Promise<never>((_, reject) => {
      stop.signal.addEventListener("abort", () => reject(stop.signal.reason));
    });
    try {
      const url = this.check(request.url);
      const address = await Promise.race([this.#addressOf(url), stopped]);
      return await Promise.race([this.#send(request, { url, address, stop }), stopped]);
    } catch (thrown) {
      throw thrown instanceof EgressFailure ? thrown : failure(reasonOf(thrown), thrown);
    } finally {
      cancel();
      // Whatever is still open of it: a body that we do not want, a connection half made.
      stop.abort(failure("it is over"));
    }
  }

  #isTrusted(host: string): boolean {
    const { allowPrivate, allowHosts } = this.#options.rules;
    return allowPrivate || allowHosts.includes(host);
  }

  #checkAddress(address: string, isTrusted: boolean): void {
    const reason = forbiddenReason(address);
    if (reason === undefined || (isTrusted && reason.mayBeAllowed)) return;
    refuse(`${addressText(address)} is ${reason.word}`);
  }

  /** One of several bad addresses is enough to refuse: the next time it might be the one taken. */
  async #addressOf(url: URL): Promise<string> {
    const host = hostOf(url);
    if (isIP(host) !== 0) return host;
    const found = await (this.#options.resolve ?? systemResolver)(host);
    for (const address of found) this.#checkAddress(address, this.#isTrusted(host));
    const [first] = found;
    if (first === undefined) throw failure(`${host} has no address`);
    return first;
  }

  #send(
    { headers, body, answerBytesMax }: EgressRequest,
    at: { readonly url: URL; readonly address: string; readonly stop: AbortController },
  ): Promise<EgressAnswer> {
    const { url, address, stop } = at;
    const host = hostOf(url);
    const family = isIP(address);
    return new Promise((resolve, reject) => {
      const send = url.protocol === "https:" ? tlsRequest : plainRequest;
      const sent = send({
        method: "POST",
        host,
        port: portOf(url),
        path: `${url.pathname}${url.search}`,
        headers: { ...headers, host: url.host, "content-length": Buffer.byteLength(body) },
        // A connection of its own: nothing of another request's address can be taken over.
        agent: false,
        lookup: (_host, wanted, found) =>
          wanted.all === true ? found(null, [{ address, family }]) : found(null, address, family),
        ...(isIP(host) === 0 && url.protocol === "https:" ? { servername: host } : {}),
        ...(this.#options.ca === undefined ? {} : { ca: this.#options.ca }),
      }, (answer) => {
        firstBytes(answer, answerBytesMax).then(
          (text) => resolve({ status: answer.statusCode ?? 0, text }),
          reject,
        );
      });
      sent.on("error", reject);
      stop.signal.addEventListener("abort", () => sent.destroy());
      sent.end(body);
    });
  }
}

/** Reads until there is enough or the end; the rest is not waited for. */
async function firstBytes(answer: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, bytesMax).toString("utf8").replaceAll("\0", "");
}

async function systemResolver(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
}

/** Without the brackets of IPv6, lower case. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

function failure(reason: string, cause?: unknown): EgressFailure {
  return new EgressFailure(`Cannot deliver: ${reason}`, { isRefused: false, cause });
}

function refuse(reason: string): never {
  throw new EgressFailure(`Cannot use the URL: ${reason}`, { isRefused: true });
}

/** As a word of the network, not as a stack. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "the connection failed";
  const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "the connection was refused",
    ECONNRESET: "the connection was cut",
    EPIPE: "the connection was cut",
    ENOTFOUND: "the name does not resolve",
    EAI_AGAIN: "the name cannot be resolved now",
    EHOSTUNREACH: "the host is not reachable",
    ENETUNREACH: "the network is not reachable",
    ETIMEDOUT: "the connection was not made in time",
  };
  if (words[code] !== undefined) return words[code];
  const detail = thrown.message.split("\n")[0]?.slice(0, 200) ?? "";
  return code === "" ? `the connection failed (${detail})` : `the connection failed (${code})`;
}

/** A refusal as the caller of REST sees it. */
export function checkedUrl(egress: Egress, text: string, pointer: string): string {
  try {
    return egress.check(text).href;
  } catch (thrown) {
    if (!(thrown instanceof EgressFailure)) throw thrown;
    throw new PlatformError("malformed", thrown.message, {
      fields: [{ pointer, detail: thrown.message.replace(/^Cannot use the URL: /, "") }],
    });
  }
}
