import type { Route } from "../route.ts";

export const securityRoutes: readonly Route[] = [];
