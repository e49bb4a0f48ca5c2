import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, planReading, WEEK_MS, weekOf, type Cut } from './reading-plan.ts';

const FROM = Date.UTC(2026, 10, 1);
const TO = FROM + 3 * DAY_MS;
const days = (timeZone: string): Cut => ({ kind: 'calendar', unit: 'day', timeZone });

describe('weeks', () => {
  const sourcesOf = (fromMs: number, toMs: number, nowMs?: number): unknown => planReading({ fromMs, toMs, cut: { kind: 'whole' }, mustReadRows: false, ...(nowMs === undefined ? {} : { nowMs }) })
    .segments.map((segment) => [segment.source, (segment.fromMs - FROM) / HOUR_MS, (segment.toMs - FROM) / HOUR_MS]);

  it('begin on Mondays, UTC', () => {
    expect(new Date(FROM).getUTCDay()).toBe(0);
    expect([weekOf(FROM), weekOf(FROM + DAY_MS - 1), weekOf(FROM + DAY_MS), weekOf(FROM + 8 * DAY_MS - 1)]).toEqual([FROM - 6 * DAY_MS, FROM - 6 * DAY_MS, FROM + DAY_MS, FROM + DAY_MS]);
    expect(weekOf(Date.parse('1970-01-01T00:00:00Z'))).toBe(Date.parse('1969-12-29T00:00:00Z'));
  });

  it('that are wholly within the range stand for their days, those at its ends do not', () => {
    expect(sourcesOf(FROM - HOUR_MS, FROM + 3 * WEEK_MS)).toEqual([['hours', -1, 0], ['days', 0, 24], ['weeks', 24, 24 + 2 * 168], ['days', 24 + 2 * 168, 3 * 168]]);
    expect(sourcesOf(FROM + DAY_MS, FROM + DAY_MS + WEEK_MS)).toEqual([['weeks', 24, 24 + 168]]);
    expect(sourcesOf(FROM + DAY_MS, FROM + WEEK_MS)).toEqual([['days', 24, 168]]);
    expect(sourcesOf(FROM + 2 * DAY_MS, FROM + 9 * DAY_MS)).toEqual([['days', 48, 9 * 24]]);
  });

  it('that are not over stand for their days when nothing comes after the range', () => {
    const nowMs = FROM + 10 * DAY_MS + 1;
    expect(sourcesOf(FROM, nowMs, nowMs)).toEqual([['days', 0, 24], ['weeks', 24, 241]]);
    expect(sourcesOf(FROM, FROM + 10 * DAY_MS, nowMs)).toEqual([['days', 0, 24], ['weeks', 24, 192], ['days', 192, 240]]);
  });

  it('are for figures of the whole range alone', () => {
    for (const cut of [{ kind: 'every', ms: DAY_MS }, { kind: 'calendar', unit: 'month', timeZone: 'UTC' }] as const) {
      expect(planReading({ fromMs: FROM, toMs: FROM + 4 * WEEK_MS, cut, mustReadRows: false }).segments.map(({ source }) => source)).toEqual(['days']);
    }
  });
});

describe('a range that ends now', () => {
  const question = { fromMs: FROM + 5 * HOUR_MS, cut: { kind: 'whole' }, mustReadRows: false } as const;

  it('has the day so far from its day, since nothing of it comes after', () => {
    const nowMs = TO + 9 * HOUR_MS + 1;
    const fromMs = FROM + DAY_MS + 5 * HOUR_MS;
    expect(planReading({ ...question, fromMs, toMs: nowMs, nowMs }).segments).toEqual([
      { source: 'hours', fromMs, toMs: FROM + 2 * DAY_MS }, { source: 'days', fromMs: FROM + 2 * DAY_MS, toMs: TO + 10 * HOUR_MS },
    ]);
  });

  it('and one that ended before has the last part of a day from hours', () => {
    expect(planReading({ ...question, toMs: TO + 9 * HOUR_MS, nowMs: TO + 10 * HOUR_MS }).segments.at(-1)).toEqual({ source: 'hours', fromMs: TO, toMs: TO + 9 * HOUR_MS });
  });
});

describe('days of a calendar', () => {
  it('are read from hours where they begin with one', () => {
    for (const timeZone of ['Europe/Berlin', 'Asia/Tokyo']) {
      expect(planReading({ fromMs: FROM, toMs: TO, cut: days(timeZone), mustReadRows: false, rowsFromMs: 0 }).segments.map(({ source, parted }) => [source, parted])).toEqual([['hours', undefined]]);
    }
  });

  it('begin within an hour where clocks are half an hour off: that hour comes from rows, as far as there are any', () => {
    const { segments } = planReading({ fromMs: FROM, toMs: TO, cut: days('Asia/Kolkata'), mustReadRows: false, rowsFromMs: FROM + DAY_MS });
    const parted = [1, 2].map((day) => FROM + day * DAY_MS + 18 * HOUR_MS);
    expect(segments).toEqual([{ source: 'hours', fromMs: FROM, toMs: TO, parted }, { source: 'rows', fromMs: parted[0], toMs: parted[1]! + HOUR_MS, parted }]);
    expect(planReading({ fromMs: FROM, toMs: TO, cut: days('Asia/Kolkata'), mustReadRows: false }).segments.map(({ source }) => source)).toEqual(['hours']);
  });
});
