import type { Route } from "../route.ts";

export const firmwareRoutes: readonly Route[] = [];
