import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AttemptsUnderWay } from './attempts-under-way.ts';

const anAttempt = (number: number) => ({
  checkId: `3f8a1c52-6f0b-4c4e-9a57-${String(number).padStart(12, '0')}`, revision: number % 7, dueAtMs: 1_790_000_000_000 + number, attempt: 1 + (number % 3), startedAtMs: 1_790_000_000_000.25 + number, latenessUs: number,
});

describe('notes of attempts', () => {
  test('are read from the memory alone, as they were made', () => {
    const memory = AttemptsUnderWay.memory(2, 1);
    const notes = new AttemptsUnderWay(memory);
    expect(new AttemptsUnderWay(memory).list()).toEqual([]);
    notes.begin(anAttempt(1));
    notes.begin(anAttempt(2));
    expect(new AttemptsUnderWay(memory).list()).toEqual([anAttempt(1), anAttempt(2)]);
  });

  test('whatever begins, ends and is posted in whatever order: what is not posted is still there', () => {
    const attemptsMax = 5;
    const unpostedMax = 3;
    fc.assert(fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 200 }), (turns) => {
      const memory = AttemptsUnderWay.memory(attemptsMax, unpostedMax);
      const notes = new AttemptsUnderWay(memory);
      const underWay: { readonly number: number; readonly place: number }[] = [];
      let unposted: number[] = [];
      turns.forEach((turn, number) => {
        if (turn >= 5 && underWay.length < attemptsMax) underWay.push({ number, place: notes.begin(anAttempt(number)) });
        else if (turn < underWay.length) {
          const [ended] = underWay.splice(turn, 1);
          notes.end(ended!.place);
          unposted.push(ended!.number);
          if (unposted.length === unpostedMax) unposted = [];
        }
        const noted = new AttemptsUnderWay(memory).list();
        for (const each of [...underWay.map((one) => one.number), ...unposted]) expect(noted).toContainEqual(anAttempt(each));
      });
    }));
  });
});
