/** Faults made as often as a plan says, or as its time allows. */
import { pause } from '../e2e/testing/eventually.ts';
import { Random } from '../fuzz/random.ts';
import type { FaultReport } from './campaign-report.ts';
import type { Plan } from './campaign.ts';
import type { Fault } from './fault.ts';
import type { Lab } from './lab.ts';

/** So many strikes of a fault, with a rest of up to `restMs` before each, `lanes` at a time. */
export type Strikes = { readonly fault: Fault; readonly times: number; readonly restMs: number; readonly lanes?: number };

/** `untilMs`: of performance.now(), when no strike begins any more. */
type Bounds = { readonly untilMs: number; readonly say: (what: string) => void };

/** Of the time, at most so much for those in turn, where others come after them. */
const IN_TURN_SHARE = 0.7;

/** Those in turn first, everything healed after each, then those that go on side by side. */
export async function strike(lab: Lab, plan: Pick<Plan, 'seed' | 'inTurn' | 'atOnce'>, bounds: Bounds): Promise<readonly FaultReport[]> {
  const reports: FaultReport[] = [];
  const nowMs = performance.now();
  const inTurnUntilMs = plan.atOnce.length === 0 ? bounds.untilMs : nowMs + (bounds.untilMs - nowMs) * IN_TURN_SHARE;
  for (const [index, strikes] of plan.inTurn.entries()) {
    const of = await repeat(lab, strikes, new Random(plan.seed, index), { ...bounds, untilMs: inTurnUntilMs });
    reports.push(of);
    if (of.notRun === null) await lab.heal();
  }
  reports.push(...await Promise.all(plan.atOnce.map((strikes, index) => repeat(lab, strikes, new Random(plan.seed, 1_000 + index), bounds))));
  return reports;
}

async function repeat(lab: Lab, { fault, times, restMs, lanes = 1 }: Strikes, random: Random, { untilMs, say }: Bounds): Promise<FaultReport> {
  const reason = performance.now() >= untilMs ? 'no time was left' : await fault.cannot?.(lab) ?? null;
  const proofs: string[] = [];
  const failures: string[] = [];
  let count = 0;
  const lane = async (): Promise<void> => {
    while (count < times && (count === 0 || performance.now() < untilMs)) {
      count += 1;
      await pause(random.int(0, restMs));
      await once();
    }
  };
  const once = async (): Promise<void> => {
    try {
      proofs.push(await fault.strike(lab, random));
      say(`${fault.id} ${fault.name}: ${proofs.at(-1)}`);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      say(`${fault.id} ${fault.name}: FAILED, ${failures.at(-1)}`);
    }
  };
  if (reason !== null) say(`${fault.id} ${fault.name}: not run, ${reason}`);
  else await Promise.all(Array.from({ length: lanes }, lane));
  return { id: fault.id, name: fault.name, fired: proofs.length, proofs, notRun: reason, failures };
}
