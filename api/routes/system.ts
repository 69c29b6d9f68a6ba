/**
 * For those who run the platform: open to everybody who can reach the port, and says nothing of
 * anybody.
 */
import { Type } from "@sinclair/typebox";
import { Readiness } from "#schemas/rest/observe.ts";
import { type Route, route } from "../route.ts";

const tag = "System";

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
      const missing = await platform.readiness();
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
