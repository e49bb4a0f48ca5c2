import { expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import type { ChannelResult } from './channel.ts';
import { ChannelPool } from './channel-pool.ts';
import { CONTROL_TIMEOUT_MS, ControlName, ROOT_CONTROL } from './control-name.ts';

it('the control name is asked once for all who ask, counts for two seconds, and is given up after one', async () => {
  const clock = new FakeClock();
  const asked: ((result: ChannelResult) => void)[] = [];
  const pool = new ChannelPool(() => ({ ask: (_, done) => { asked.push(done); }, drop: () => {} }));
  const control = new ControlName({ clock, pool }, ROOT_CONTROL, () => ['192.0.2.53']);

  const both = Promise.all([control.ask(), control.ask()]);
  expect(asked).toHaveLength(1);
  asked[0]?.({ values: ['a.root-servers.net'] });
  expect(await both).toMatchObject([{ isAnswered: true }, { isAnswered: true }]);

  await clock.advance(2000);
  expect(await control.ask()).toMatchObject({ isAnswered: true });
  expect(asked).toHaveLength(1);

  await clock.advance(1);
  expect(control.fresh()).toBeNull();
  const silent = control.ask();
  await clock.advance(CONTROL_TIMEOUT_MS);
  expect(await silent).toMatchObject({ isAnswered: false });
  expect(clock.pending).toBe(0);
});
