/** Does the product's own audit come to what the lab found (reliability.md I1)? */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Lab } from './lab.ts';
import type { Reconciliation } from './reconcile.ts';

export type Books = { readonly due: number; readonly results: number; readonly gapCount: number; readonly pending: number; readonly missing: number; readonly double: number; readonly unowed: number };
type Span = { readonly fromMs: number; readonly toMs: number };

const SONDE = fileURLToPath(new URL('../cli/sonde.js', import.meta.url));
const AUDIT_WITHIN_MS = 60_000;
const AUDIT_BYTES_MAX = 64 * 1024 * 1024;

/** `sonde audit --json`, as a user runs it, and each check's completeness; in words where either differs from the lab's own books. */
export async function audits(lab: Lab, span: Span, found: Reconciliation): Promise<readonly string[]> {
  const range = { from: new Date(span.fromMs).toISOString(), to: new Date(span.toMs).toISOString() };
  const { checks } = await sondeAudit(lab, range);
  const audited = checks.filter(({ checkId }) => lab.checkIds.includes(checkId));
  const asked: Books[] = [];
  for (const checkId of lab.checkIds) asked.push(await lab.api.must<Books>('GET', `/v1/checks/${checkId}/completeness?${new URLSearchParams(range)}`));
  return [...otherwiseThan(found, 'sonde audit', audited), ...otherwiseThan(found, 'completeness of the checks', asked)];
}

/** Pure. `books`: of each check of the lab, one. */
export function otherwiseThan({ due, results, gaps }: Pick<Reconciliation, 'due' | 'results' | 'gaps'>, who: string, books: readonly Books[]): readonly string[] {
  const gapCount = Object.values(gaps).reduce((sum, count) => sum + count, 0);
  const expected: Books = { due, results, gapCount, pending: 0, missing: 0, double: 0, unowed: 0 };
  return Object.entries(expected).flatMap(([name, count]) => {
    const told = books.reduce((sum, each) => sum + each[name as keyof Books], 0);
    return told === count ? [] : [`${who}: ${name} ${told}, and the lab finds ${count}`];
  });
}

/** Its exit code is 1 when something is missing; what it says is read all the same. */
function sondeAudit(lab: Lab, { from, to }: { readonly from: string; readonly to: string }): Promise<{ readonly checks: readonly (Books & { readonly checkId: string })[] }> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [SONDE, 'audit', '--json', '--from', from, '--to', to], {
      env: { PATH: process.env['PATH'], SONDE_API_URL: lab.api.url, SONDE_API_KEY: lab.apiKey }, timeout: AUDIT_WITHIN_MS, maxBuffer: AUDIT_BYTES_MAX,
    }, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout));
      } catch {
        reject(new Error(`sonde audit answered no JSON: ${stderr || stdout}`, { cause: error }));
      }
    });
  });
}
