import { expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { troubleTeller } from './tell-trouble.ts';

it('a disk that fails twice a second is told once a minute, with how often, and when it is over', async () => {
  const said: unknown[] = [];
  const clock = new FakeClock();
  const note = (...words: readonly unknown[]): void => void said.push(words.map((word) => (typeof word === 'string' ? word : (word as { untold?: number }).untold ?? 0)));
  const tell = troubleTeller(clock, { info: note, warn: note } as never);
  for (let n = 0; n < 125; n += 1) {
    tell({ kind: 'commit_failed', error: new Error('full') });
    await clock.advance(500);
  }
  tell({ kind: 'overflow', dropped: 3 });
  tell({ kind: 'recovered' });
  tell({ kind: 'commit_failed', error: new Error('full again') });
  expect(said).toEqual([[0, 'trouble with the spool'], [119, 'trouble with the spool'], [0, 'trouble with the spool'], ['the spool can be written again'], [0, 'trouble with the spool']]);
});
