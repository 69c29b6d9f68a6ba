/**
 * Settings that manifests use and `schemas/config.ts` may not name yet: the port of health and
 * metrics of every role.
 */
export const announced: ReadonlySet<string> = new Set(["METRICS_PORT"]);
