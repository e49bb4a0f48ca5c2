import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, planReading, type Cut } from './reading-plan.ts';

const FROM = Date.UTC(2026, 10, 1);
const TO = FROM + 3 * DAY_MS;
const days = (timeZone: string): Cut => ({ kind: 'calendar', unit: 'day', timeZone });

describe('a range that ends now', () => {
  const question = { fromMs: FROM + 5 * HOUR_MS, cut: { kind: 'whole' }, mustReadRows: false } as const;

  it('has the day so far from its day, since nothing of it comes after', () => {
    const nowMs = TO + 9 * HOUR_MS + 1;
    expect(planReading({ ...question, toMs: nowMs, nowMs }).segments).toEqual([
      { source: 'hours', fromMs: FROM + 5 * HOUR_MS, toMs: FROM + DAY_MS }, { source: 'days', fromMs: FROM + DAY_MS, toMs: TO + 10 * HOUR_MS },
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
