import type { Route } from "../route.ts";

export const monitoringRoutes: readonly Route[] = [];
