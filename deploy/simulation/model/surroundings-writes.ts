import type { AccountContext } from '#coordinator/pipeline/judging-port.ts';
import type { MaintenanceWindow } from '#coordinator/alerting/maintenance.ts';
import type { WindowVersion } from '#coordinator/planning/pauses.ts';
import type { ImpairedSpan } from './judging-surroundings.ts';
import type { StoreModel } from './store-model.ts';

/** What people say of an account: settings and groups; whatever of it changes, its checks are judged anew. */
export function changeContext(model: StoreModel, accountId: string, change: Partial<AccountContext>): void {
  const { surroundings } = model.judging;
  surroundings.contexts.set(accountId, { ...surroundings.contextOf(accountId), ...change });
  model.judging.markSurroundings(checksOf(model, accountId));
}

/** Creates or replaces a window; null: deletes it. What was paused when stays known, as coordinator/store/windows.ts keeps it. */
export function putWindow(model: StoreModel, accountId: string, windowId: number, window: MaintenanceWindow | null): void {
  const before = versionsOf(model, accountId);
  const lastMs = before.findLast((version) => version.windowId === windowId)?.fromAtMs ?? null;
  const fromAtMs = model.nextFromMs(lastMs);
  const ended = before.map((version) => (version.windowId === windowId && version.untilMs === null ? { ...version, untilMs: fromAtMs } : version));
  const windows = window === null ? ended : [...ended, { windowId, fromAtMs, untilMs: null, window }];
  // At once for notices, and never backwards for slots.
  const current = new Map(windows.filter(({ untilMs }) => untilMs === null).map((version) => [version.windowId, version.window]));
  const { surroundings } = model.judging;
  surroundings.contexts.set(accountId, { ...surroundings.contextOf(accountId), windows: [...current.values()] });
  model.touchChecks(accountId, (check) => ({ ...check, windows }));
}

export function versionsOf(model: StoreModel, accountId: string): readonly WindowVersion[] {
  return [...model.checks.values()].find((check) => check.accountId === accountId && !check.isDeleted)?.windows ?? [];
}

/** What an agent saw in this span is no verdict; what it saw is judged anew from there on. */
export function openImpaired(model: StoreModel, span: Omit<ImpairedSpan, 'isWithdrawn'>): ImpairedSpan {
  const opened = { ...span, isWithdrawn: false };
  model.judging.surroundings.impaired.push(opened);
  markLocation(model, opened);
  return opened;
}

export function withdrawImpaired(model: StoreModel, span: ImpairedSpan): void {
  span.isWithdrawn = true;
  markLocation(model, span);
}

function markLocation(model: StoreModel, { locationId, fromMs }: ImpairedSpan): void {
  const there = [...model.checks.values()].filter((check) => !check.isDeleted && check.epochs.some(({ order }) => order.includes(locationId)));
  model.judging.markSurroundings(there.map(({ checkId }) => checkId), fromMs);
}

function checksOf(model: StoreModel, accountId: string): readonly string[] {
  return [...model.checks.values()].filter((check) => check.accountId === accountId && !check.isDeleted).map(({ checkId }) => checkId);
}
