/**
 * For those who run the platform: open to everybody who can reach the port, and says nothing of
 * anybody.
 */
import { Type } from "@sinclair/typebox";
import { defaultTenant } from "#schemas/address.ts";
import { Readiness } from "#schemas/rest/observe.ts";
import type { Platform } from "../platform.ts";
import { type Route, route } from "../route.ts";

const tag = "System";
/** A database that needs longer for nothing is of no use to anybody. */
const DATABASE_WAIT_MS = 2_000;

export const systemRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "//healthz",
    summary: "The process runs",
    tag,
    isOpen: true,
    answers: { 200: Type.Object({ status: Type.String() }) },
    handler: () => ({ status: 200, body: { status: "ok" } }),
  }),
  route({
    method: "get",
    path: "//readyz",
    summary: "200 when everything is there, else 503 with what is missing",
    tag,
    isOpen: true,
    answers: { 200: Readiness, 503: Readiness },
    handler: async ({ platform }) => {
      const [named, isThere] = await Promise.all([platform.readiness(), answers(platform)]);
      const missing = [...new Set([...named, ...(isThere ? [] : ["postgres"])])];
      const ready = missing.length === 0;
      return {
        status: ready ? 200 : 503,
        body: { ready, missing },
        ...(ready ? {} : { headers: { "retry-after": "1" } }),
      };
    },
  }),
  route({
    method: "get",
    path: "//metrics",
    summary: "Metrics in the Prometheus text format",
    tag,
    isOpen: true,
    gives: "text/plain",
    answers: { 200: Type.String() },
    handler: async ({ platform }) =>
      new Response(await platform.telemetry.metricsText(), {
        headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
      }),
  }),
];

/** Whether the database answers as the role of the api: then the migrations are done, too. */
async function answers({ tenants, clock }: Platform): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancel = clock.schedule(DATABASE_WAIT_MS, () => resolve(false));
  tenants.run(defaultTenant, (rows) => rows.all("SELECT 1 FROM stations LIMIT 1"))
    .then(() => resolve(true), () => resolve(false));
  const isThere = await promise;
  cancel();
  return isThere;
}
