import type { Route } from "../route.ts";

export const diagnosticsRoutes: readonly Route[] = [];
