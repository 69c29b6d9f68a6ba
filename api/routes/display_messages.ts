import type { Route } from "../route.ts";

export const displayMessagesRoutes: readonly Route[] = [];
