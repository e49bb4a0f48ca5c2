/** What a status page says, from what is known: no ids, no targets, nothing that was not chosen. */
import { isInMaintenance, nextMaintenanceChange, covers, isOpen, type MaintenanceWindow } from '../alerting/maintenance.ts';
import type { CheckFacts, DayOfCheck, StatusFacts, StatusPageWrite } from './status-page-port.ts';

export const DAYS_SHOWN = 90;
export const DAY_MS = 86_400_000;
/** Maintenance is announced this long before. */
const ANNOUNCED_MS = 14 * DAY_MS;
export const INCIDENTS_MAX = 50;
/** Of a day's runs: from this share of failed ones on it is called down. */
const DOWN_FROM = 0.05;

export type ComponentState = 'operational' | 'degraded' | 'down' | 'maintenance' | 'unknown';
export type OverallState = 'operational' | 'degraded' | 'partialOutage' | 'majorOutage' | 'maintenance' | 'unknown';
export type DayState = 'up' | 'degraded' | 'down' | 'none';
export type ComponentView = {
  readonly name: string; readonly state: ComponentState;
  /** Of the verdicts of the days shown; null without any. */
  readonly uptime: number | null;
  /** Oldest first, UTC; today is the last. */
  readonly days: readonly { readonly date: string; readonly state: DayState; readonly availability: number | null }[];
};
export type StatusPageView = {
  readonly title: string; readonly description: string | null; readonly state: OverallState; readonly atMs: number;
  readonly sections: readonly { readonly name: string; readonly components: readonly ComponentView[] }[];
  readonly incidents: readonly { readonly component: string; readonly kind: 'failure' | 'degraded'; readonly openedAtMs: number; readonly closedAtMs: number | null }[];
  readonly maintenance: readonly { readonly name: string; readonly isUnderWay: boolean; readonly changesAtMs: number | null }[];
};

/** The first of the days shown at this instant. */
export function firstDayMs(nowMs: number): number {
  return (Math.floor(nowMs / DAY_MS) - DAYS_SHOWN + 1) * DAY_MS;
}

export function statusPageView(page: Pick<StatusPageWrite, 'title' | 'description' | 'sections' | 'showsIncidents' | 'showsMaintenance'>, facts: StatusFacts, nowMs: number): StatusPageView {
  const known = new Map(facts.checks.map((check) => [check.checkId, check]));
  const windows = facts.windows.map(({ window }) => window);
  const names = new Map<string, string>();
  // A check that is gone is shown no more.
  const sections = page.sections.map(({ name, components }) => ({
    name, components: components.flatMap(({ checkId, name: own }) => {
      const check = known.get(checkId);
      if (!check) return [];
      names.set(checkId, own ?? check.name);
      return [componentView(check, own ?? check.name, windows, nowMs)];
    }),
  })).filter(({ components }) => components.length > 0);
  const shown = facts.checks.filter(({ checkId }) => names.has(checkId));
  return {
    title: page.title, description: page.description, atMs: nowMs, sections,
    state: overallState(sections.flatMap(({ components }) => components.map(({ state }) => state))),
    incidents: !page.showsIncidents ? [] : facts.incidents.slice(0, INCIDENTS_MAX).flatMap(({ checkId, ...incident }) => {
      const component = names.get(checkId);
      return component === undefined ? [] : [{ component, ...incident }];
    }),
    maintenance: !page.showsMaintenance ? [] : facts.windows.flatMap(({ name, window }) => announced(name, window, shown, nowMs)),
  };
}

function componentView({ tags, isActive, status, days }: CheckFacts, name: string, windows: readonly MaintenanceWindow[], nowMs: number): ComponentView {
  const byDay = new Map(days.map((day) => [day.atMs, day]));
  const first = firstDayMs(nowMs);
  const shown = Array.from({ length: DAYS_SHOWN }, (_, index) => first + index * DAY_MS).map((atMs) => ({ atMs, day: byDay.get(atMs) }));
  const sum = (of: (day: DayOfCheck) => number): number => shown.reduce((total, { day }) => total + (day ? of(day) : 0), 0);
  return {
    name, state: componentState(isActive, status, isInMaintenance(windows, tags, nowMs).isSilenced),
    uptime: shareUp(sum(({ passed, degraded }) => passed + degraded), sum(({ failed }) => failed)),
    days: shown.map(({ atMs, day }) => ({ date: new Date(atMs).toISOString().slice(0, 10), state: dayState(day), availability: day ? shareUp(day.passed + day.degraded, day.failed) : null })),
  };
}

function componentState(isActive: boolean, status: CheckFacts['status'], isInWindow: boolean): ComponentState {
  if (isInWindow) return 'maintenance';
  if (!isActive) return 'unknown';
  switch (status) {
    case 'passing': return 'operational';
    case 'degraded': return 'degraded';
    case 'failing': return 'down';
    case 'noData': return 'unknown';
  }
}

/** The worst that is known; all down is more than some. */
export function overallState(states: readonly ComponentState[]): OverallState {
  const has = (state: ComponentState): boolean => states.includes(state);
  if (has('down')) return states.every((state) => state === 'down') ? 'majorOutage' : 'partialOutage';
  if (has('degraded')) return 'degraded';
  if (has('maintenance')) return 'maintenance';
  return has('operational') ? 'operational' : 'unknown';
}

export function dayState(day: DayOfCheck | undefined): DayState {
  if (!day || day.passed + day.degraded + day.failed === 0) return 'none';
  if (day.failed / (day.passed + day.degraded + day.failed) >= DOWN_FROM) return 'down';
  return day.failed + day.degraded > 0 ? 'degraded' : 'up';
}

function shareUp(up: number, down: number): number | null {
  return up + down === 0 ? null : up / (up + down);
}

/** Where it speaks of a check that is shown, and is under way or near. */
function announced(name: string, window: MaintenanceWindow, shown: readonly CheckFacts[], nowMs: number): StatusPageView['maintenance'] {
  if (!shown.some(({ tags }) => covers(window.pausing, tags) || covers(window.silencing, tags))) return [];
  const isUnderWay = isOpen(window, nowMs);
  const changesAtMs = nextMaintenanceChange([{ ...window, pausing: { kind: 'all' } }], [], nowMs);
  return isUnderWay || (changesAtMs !== null && changesAtMs - nowMs <= ANNOUNCED_MS) ? [{ name, isUnderWay, changesAtMs }] : [];
}
