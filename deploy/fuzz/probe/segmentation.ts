import { Buffer } from 'node:buffer';
import type { ReplyEvent } from './reply.ts';
import { type Seen, World, compiledFor } from './world.ts';

/**
 * Runs the same bytes twice, once in one piece at each turn and once in the pieces they came in, all at the instant
 * of the turn's first byte, so that time plays no part: the outcome and what each assertion came to must be the same.
 * null: they are, or this reply is one where the cut is all that says where a banner ends (`sendAfter: banner`).
 * A reset is made a close: what it destroys unread, and which send it leaves unanswered, does hang on the cut.
 */
export async function segmentationMatters({ spec, reply }: Seen): Promise<string | null> {
  if (spec.sendAfter === 'banner' && spec.payload !== null) return null;
  const events = reply.events.map((event): ReplyEvent => (event.what.kind === 'reset' ? { ...event, what: { kind: 'fin' } } : event));
  const calm = { ...reply, block: null, cancelAfterUs: null, stalledWrite: null };
  const assertions = compiledFor(spec);
  const inPieces = await new World(0).attempt(spec, assertions, { ...calm, events: atOnce(events) });
  const inOne = await new World(0).attempt(spec, assertions, { ...calm, events: joined(events) });
  const [one, other] = [verdictOf(inOne), verdictOf(inPieces)];
  return one === other ? null : `in one piece ${one}, in pieces ${other}`;
}

function verdictOf({ judgement, report }: Seen): string {
  return JSON.stringify([judgement.outcome, judgement.failure?.code ?? null, report.steps.map((step) => step.ok), judgement.assertions.map((each) => each.passed)]);
}

/** Nothing lies between the pieces of a turn. */
function atOnce(events: readonly ReplyEvent[]): readonly ReplyEvent[] {
  return events.map((event, index) => (continues(events, index) ? { ...event, gapUs: 0 } : event));
}

function joined(events: readonly ReplyEvent[]): readonly ReplyEvent[] {
  const result: ReplyEvent[] = [];
  for (const [index, event] of events.entries()) {
    const before = result.at(-1);
    if (continues(events, index) && before?.what.kind === 'data' && event.what.kind === 'data') {
      result[result.length - 1] = { ...before, what: { kind: 'data', bytes: Buffer.concat([before.what.bytes, event.what.bytes]) } };
    } else result.push(event);
  }
  return result;
}

function continues(events: readonly ReplyEvent[], index: number): boolean {
  const [before, event] = [events[index - 1], events[index]];
  return before?.what.kind === 'data' && event?.what.kind === 'data' && before.afterWrites === event.afterWrites;
}
