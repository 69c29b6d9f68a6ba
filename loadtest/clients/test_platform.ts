import { readConfig, startConfigSchema } from "#schemas/config.ts";
import { freePort } from "#start/free_port.ts";
import { startPlatform } from "#start/platform.ts";
import { ownNats, testPostgres } from "#start/testing.ts";
import { PlatformRest, type SessionView } from "../platform_rest.ts";

/** A whole platform inside the test's process, on servers of its own. */
export interface TestPlatform {
  readonly ocppUrl: string;
  readonly httpUrl: string;
  readonly operatorKey: string;
  readonly databaseUrl: string;
  readonly rest: PlatformRest;
  /** The one session of a station, once `isMet` holds of it; rejects after ten seconds. */
  session(stationId: string, isMet: (session: SessionView) => boolean): Promise<SessionView>;
  close(): Promise<void>;
}

const VISIBLE_MS_MAX = 10_000;
const POLL_MS = 50;

export async function startTestPlatform(): Promise<TestPlatform> {
  const [database, nats] = await Promise.all([testPostgres(), ownNats()]);
  const [ocppPort, httpPort] = await Promise.all([freePort(), freePort()]);
  const operatorKey = "operator-key-of-a-test";
  const platform = await startPlatform({
    config: readConfig(startConfigSchema, {
      OCPP_PORT: String(ocppPort),
      HTTP_PORT: String(httpPort),
      HOST: "127.0.0.1",
      LOG_LEVEL: "error",
    }),
    databaseUrl: database.url,
    natsUrl: nats.url,
    operatorKey,
    serverKey: "server-key-of-a-test-with-32-characters",
    isDemo: false,
    progress: { say: () => {}, signal: new AbortController().signal },
  });
  const httpUrl = `http://127.0.0.1:${httpPort}`;
  const rest = new PlatformRest(httpUrl, operatorKey);
  return {
    ocppUrl: `ws://127.0.0.1:${ocppPort}/ocpp`,
    httpUrl,
    operatorKey,
    databaseUrl: database.url,
    rest,
    session: (stationId, isMet) => sessionOf(rest, stationId, isMet),
    close: async () => {
      await platform.close();
      await Promise.all([database.close(), nats.close()]);
    },
  };
}

async function sessionOf(
  rest: PlatformRest,
  stationId: string,
  isMet: (session: SessionView) => boolean,
): Promise<SessionView> {
  const endsAtMs = performance.now() + VISIBLE_MS_MAX;
  let seen: readonly SessionView[] = [];
  while (performance.now() < endsAtMs) {
    // deno-lint-ignore no-await-in-loop -- polling
    seen = await rest.list<SessionView>("/api/v1/sessions", `station=${stationId}`);
    const [session] = seen;
    if (seen.length === 1 && session !== undefined && isMet(session)) return session;
    // deno-lint-ignore no-await-in-loop
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`Cannot find the session of ${stationId}: ${JSON.stringify(seen)}`);
}
