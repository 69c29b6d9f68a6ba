import type { Route } from "../route.ts";

export const deviceModelRoutes: readonly Route[] = [];
