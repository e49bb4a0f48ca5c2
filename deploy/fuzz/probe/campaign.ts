import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import { Random } from '../random.ts';
import { brokenLaw } from './laws.ts';
import { randomReply } from './random-reply.ts';
import { randomSpec } from './random-spec.ts';
import type { Reply } from './reply.ts';
import { segmentationMatters } from './segmentation.ts';
import { shrunk } from './shrink.ts';
import { Tally } from './tally.ts';
import { compiledFor, type Seen, World } from './world.ts';

/** Attempts that share a spec, a clock and a probe: compiling patterns costs more than running them. */
const REPLIES_PER_WORLD = 40;
/** One in so many is also run in one segment. */
const DIFFERENTIAL_EVERY = 8;

export type Broken = {
  readonly seed: number;
  /** Number of the reply in the campaign, from 0: `--seed S --only N` replays it. */
  readonly reply: number;
  readonly law: string;
  readonly how: string;
  readonly spec: ProbeSpec;
  /** As small as a simple bisection makes it, while it still breaks the same law alone. */
  readonly shrunk: Reply | null;
};

export type CampaignOptions = {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly onWorld?: (done: number) => void;
};

export type CampaignResult = { readonly tally: Tally; readonly broken: readonly Broken[]; readonly differentials: number };

/** More of one kind say nothing new. */
const BROKEN_MAX = 20;

/** Replies `from` … `to`−1 of the campaign that a seed stands for, through the real probe and judge. */
export async function runCampaign({ seed, from, to, onWorld }: CampaignOptions): Promise<CampaignResult> {
  const tally = new Tally();
  const broken: Broken[] = [];
  let differentials = 0;
  for (let first = from - (from % REPLIES_PER_WORLD); first < to && broken.length < BROKEN_MAX; first += REPLIES_PER_WORLD) {
    const world = worldAt(seed, first / REPLIES_PER_WORLD);
    for (let index = first; index < Math.min(first + REPLIES_PER_WORLD, to); index += 1) {
      const reply = randomReply(new Random(seed, 2, index), world);
      const seen = await world.world.attempt(world.spec, world.assertions, reply);
      if (index < from) continue;
      tally.count(seen);
      const law = brokenLaw(seen) ?? (index % DIFFERENTIAL_EVERY === 0 ? await differential(seen) : null);
      if (index % DIFFERENTIAL_EVERY === 0) differentials += 1;
      if (law !== null) broken.push({ seed, reply: index, ...law, spec: world.spec, shrunk: await shrunk(reply, (smaller) => isBrokenAlone(world.spec, smaller, law.law)) });
    }
    onWorld?.(Math.min(first + REPLIES_PER_WORLD, to) - from);
  }
  return { tally, broken, differentials };
}

async function differential(seen: Seen): Promise<{ readonly law: string; readonly how: string } | null> {
  const how = await segmentationMatters(seen);
  return how === null ? null : { law: 'how a reply is cut into segments does not matter', how };
}

/** Does it break the same law in a world of its own? */
async function isBrokenAlone(spec: ProbeSpec, reply: Reply, law: string): Promise<boolean> {
  const seen = await new World(0).attempt(spec, compiledFor(spec), reply);
  return (brokenLaw(seen) ?? await differential(seen))?.law === law;
}

function worldAt(seed: number, number: number) {
  const random = new Random(seed, 1, number);
  const made = randomSpec(random);
  return { ...made, assertions: compiledFor(made.spec), world: new World(random.int(0, 1e12) + 0.125) };
}
