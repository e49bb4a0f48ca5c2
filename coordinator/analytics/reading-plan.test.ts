import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, planReading, type Cut } from './reading-plan.ts';

const FROM = Date.UTC(2026, 10, 1);
const TO = FROM + 3 * DAY_MS;
const days = (timeZone: string): Cut => ({ kind: 'calendar', unit: 'day', timeZone });

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
