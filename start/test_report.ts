/** What a test run came to. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const caseForm = /<testcase((?:\s+[\w:-]+="[^"]*")*)\s*(?:\/>|>([\s\S]*?)<\/testcase>)/g;

/**
 * Counts the cases of a JUnit report. A runner that ended badly without a failed case in its report
 * (a file that does not load, a crash) counts as one failure.
 */
export function countsOf(report: string, endedWell: boolean): Counts {
  let [passed, failed, skipped] = [0, 0, 0];
  for (const [, , content = ""] of report.matchAll(caseForm)) {
    if (/<(failure|error)\b/.test(content)) failed++;
    else if (/<skipped\b/.test(content)) skipped++;
    else passed++;
  }
  if (!endedWell && failed === 0) failed = 1;
  return { passed, failed, skipped };
}

export function verdict(counts: Counts): string {
  const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}
