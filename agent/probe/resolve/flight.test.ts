import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { Flight, type Boarding } from './flight.ts';
import { Patience } from './patience.ts';

function aFlight(limits: Partial<ConstructorParameters<typeof Flight>[1]> = {}): { clock: FakeClock; flight: Flight; enter: (signal?: AbortSignal) => Promise<Boarding> } {
  const clock = new FakeClock();
  const flight = new Flight(clock, { inFlightMax: 4, youngMax: 2, youngMs: 100, waitingMax: 8, ...limits });
  const enter = (signal = new AbortController().signal): Promise<Boarding> => flight.enter(new Patience(clock, 60_000, signal));
  return { clock, flight, enter };
}

function leave(boarding: Boarding): void {
  if (boarding.kind === 'pass') boarding.leave();
}

describe('the flight of lookups', () => {
  it('lets only so many burst, and slow ones stop counting there when they have grown old', async () => {
    const { clock, flight, enter } = aFlight();
    for (let at = 0; at < 6; at += 1) void enter();
    expect([flight.inFlight, flight.waiting]).toEqual([2, 4]);
    await clock.advance(99);
    expect([flight.inFlight, flight.waiting]).toEqual([2, 4]);
    await clock.advance(1);
    expect([flight.inFlight, flight.waiting]).toEqual([4, 2]);
    await clock.advance(1000);
    expect([flight.inFlight, flight.waiting]).toEqual([4, 2]);
  });

  it('keeps no timer when nobody waits', async () => {
    const { clock, flight } = aFlight();
    const patience = new Patience(clock, 1000, new AbortController().signal);
    leave(await flight.enter(patience));
    patience.done();
    expect(clock.pending).toBe(0);
  });

  it('boards first come first served, and those that gave up give their place away', async () => {
    const { enter } = aFlight({ inFlightMax: 1 });
    const first = await enter();
    const gone = new AbortController();
    const second = enter(gone.signal);
    const third = enter();
    gone.abort();
    expect((await second).kind).toBe('cancelled');
    leave(first);
    expect((await third).kind).toBe('pass');
  });

  it('refuses at once when too many wait already', async () => {
    const { enter } = aFlight({ inFlightMax: 1, waitingMax: 1 });
    await enter();
    void enter();
    expect((await enter()).kind).toBe('full');
  });

  it('never exceeds a bound, and loses nobody, in any order of coming and going', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.constant('come'), fc.constant('go'), fc.constant('wait')), { maxLength: 60 }), async (steps) => {
      const { clock, flight, enter } = aFlight({ waitingMax: 100 });
      const aboard: Boarding[] = [];
      let came = 0;
      let left = 0;
      for (const step of steps) {
        if (step === 'come') { came += 1; void enter().then((boarding) => aboard.push(boarding)); }
        if (step === 'go' && aboard[0]) { left += 1; const one = aboard.shift() as Boarding; leave(one); leave(one); }
        await clock.advance(step === 'wait' ? 100 : 0);
        expect(flight.inFlight).toBeLessThanOrEqual(4);
        expect(flight.inFlight + flight.waiting).toBe(came - left);
      }
      while (flight.waiting > 0) { await clock.advance(100); leave(aboard.shift() as Boarding); await clock.advance(0); left += 1; }
      expect(flight.inFlight).toBe(came - left);
    }), { numRuns: 100 });
  });
});
