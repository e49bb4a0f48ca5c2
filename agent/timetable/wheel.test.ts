import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Wheel } from './wheel.ts';

const entry = (dueAtMs: number) => ({ dueAtMs, isCurrent: true });

describe('a timer wheel', () => {
  it('gives back what is due, in order and not before, however far ahead it was added', () => {
    const someDue = fc.array(fc.integer({ min: 0, max: 3_000_000 }), { maxLength: 60 });
    const someLooks = fc.array(fc.integer({ min: 0, max: 3_200_000 }), { maxLength: 20 });
    fc.assert(fc.property(someDue, someDue, someLooks, (first, more, looks) => {
      const wheel = new Wheel<ReturnType<typeof entry>>(0);
      const open = [...first];
      for (const due of first) wheel.add(entry(due));
      [...looks, 3_200_000].forEach((nowMs, index) => {
        if (index === 1) { for (const due of more) { wheel.add(entry(due)); open.push(due); } }
        const taken: number[] = [];
        for (let one = wheel.takeDue(nowMs); one; one = wheel.takeDue(nowMs)) taken.push(one.dueAtMs);
        const expected = open.filter((due) => due <= nowMs).sort((a, b) => a - b);
        expect(taken).toEqual(expected);
        open.splice(0, open.length, ...open.filter((due) => due > nowMs));
        expect(wheel.size).toBe(open.length);
      });
    }));
  });

  it('never sleeps past an entry', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 2_000_000 }), { minLength: 1, maxLength: 20 }), (dues) => {
      const wheel = new Wheel<ReturnType<typeof entry>>(0);
      for (const due of dues) wheel.add(entry(due));
      const fired: number[] = [];
      for (let nowMs: number | null = wheel.nextAtMs(); nowMs !== null; nowMs = wheel.nextAtMs()) {
        for (let one = wheel.takeDue(nowMs); one; one = wheel.takeDue(nowMs)) {
          expect(one.dueAtMs).toBe(nowMs);
          fired.push(one.dueAtMs);
        }
      }
      expect(fired).toEqual(dues.sort((a, b) => a - b));
    }));
  });

  it('drops entries that are no longer current when it meets them', () => {
    const wheel = new Wheel<{ dueAtMs: number; isCurrent: boolean }>(0);
    const far = { ...entry(86_400_000), isCurrent: true };
    wheel.add(far);
    far.isCurrent = false;
    wheel.takeDue(300_000);
    expect(wheel.size).toBe(0);
  });
});
