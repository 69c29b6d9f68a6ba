import type { Locator, Page } from "playwright-core";

/** A page of a platform that is busy starting, on a slow machine. */
export const slowestMs = 25_000;

/** Resolves when the page shows it. */
export function shown(what: Locator): Promise<void> {
  return what.waitFor({ state: "visible", timeout: slowestMs });
}

/** Whether nothing has to be scrolled sideways. */
export function fits(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth <= clientWidth;
  });
}

/** Resolves when it stands inside the window from left to right. */
export async function inSight(what: Locator): Promise<void> {
  const element = await what.elementHandle({ timeout: slowestMs });
  await what.page().waitForFunction(
    (shownElement) => {
      const { left = -1, right = Infinity } = shownElement?.getBoundingClientRect() ?? {};
      return left >= 0 && right <= document.documentElement.clientWidth;
    },
    element,
    { timeout: slowestMs },
  );
}
