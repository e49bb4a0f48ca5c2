import { uuidV5 } from '#shared/check/run-id.ts';
import { retryDueMs } from './naive-retries.ts';
import { NO_WORD, viewSlot, type NaiveSlot, type SeenRun, type SlotRules, type SlotView, type Word } from './naive-slot.ts';

export type LookRules = Pick<SlotRules, 'check' | 'settings' | 'isImpaired'> & {
  readonly checkId: string;
  readonly judgedThroughMs: number;
  /** The slot after the pause that is run; null: none is planned. */
  readonly nextDueMs: number | null;
  readonly rowOf: (runId: string) => SeenRun | undefined;
  /** Until when an answer is waited for; undefined: nobody was asked. */
  readonly askedUntilMs: (runId: string, attempt: number) => number | undefined;
};

/** What the runs that were ordered at the end of a pause say, from wherever one was asked or has answered; null: there was none. */
export function viewLook(slot: NaiveSlot, rules: LookRules, nowMs: number): SlotView | null {
  const words = new Map<string, Word>();
  const openUntil = new Map<string, number>();
  const owners = slot.owners.filter((owner) => {
    const { rows, untilMs } = lookFrom(owner, slot.dueAtMs, rules, nowMs);
    if (rows.length > 0) words.set(owner, { ...NO_WORD, results: new Map(rows.map((row, index) => [index + 1, row])) });
    if (untilMs !== null) openUntil.set(owner, untilMs);
    return rows.length > 0 || untilMs !== null;
  });
  if (owners.length === 0) return null;
  const last = new Map([...words].map(([owner, { results }]) => [results.get(results.size), owner]));
  return viewSlot({ ...slot, owners }, new Map([...words].map(([owner, { results }]) => [owner, { ...NO_WORD, results: new Map([[1, results.get(results.size)!]]) }])), {
    check: rules.check, settings: rules.settings, isImpaired: rules.isImpaired,
    retriesUntilMs: (row) => openUntil.get(last.get(row) ?? '') ?? null, silentUntilMs: (owner) => openUntil.get(owner) ?? -Infinity, waitsForLate: true,
  }, nowMs);
}

/** The attempts there are from one location, in order, and until when another one is waited for. */
function lookFrom(locationId: string, endMs: number, rules: LookRules, nowMs: number): { readonly rows: readonly SeenRun[]; readonly untilMs: number | null } {
  const rows: SeenRun[] = [];
  for (;;) {
    const attempt = rows.length + 1;
    const runId = lookRunId(rules.checkId, locationId, endMs, attempt);
    const row = rules.rowOf(runId);
    if (row) { rows.push(row); continue; }
    if (endMs <= rules.judgedThroughMs) return { rows, untilMs: null };
    const askedMs = rules.askedUntilMs(runId, attempt);
    if (askedMs !== undefined) return { rows, untilMs: askedMs > nowMs ? askedMs : null };
    const before = rows.at(-1);
    if (!before || rules.isImpaired(before)) return { rows, untilMs: null };
    const atMs = retryDueMs({ check: rules.check, run: { ...before, attempt: rows.length }, dueAtMs: endMs, nextDueMs: rules.nextDueMs, nowMs });
    return { rows, untilMs: atMs !== null && nowMs < atMs ? atMs : null };
  }
}

/** Known beforehand, so that whoever judges asks for the same run. */
export function lookRunId(checkId: string, locationId: string, endMs: number, attempt: number): string {
  return uuidV5(Buffer.from(checkId.replaceAll('-', ''), 'hex'), `look ${endMs} ${locationId} ${attempt}`);
}
