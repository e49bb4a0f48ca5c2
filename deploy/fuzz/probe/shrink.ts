import type { Reply } from './reply.ts';

/** Tries for one reply; each halves something or ends it. */
const TRIES_MAX = 400;

/** A reply that is still broken and cannot be made smaller by halving; null if this one is not broken by itself. */
export async function shrunk(reply: Reply, isBroken: (reply: Reply) => Promise<boolean>): Promise<Reply | null> {
  if (!await isBroken(reply)) return null;
  let smallest = reply;
  let triesLeft = TRIES_MAX;
  for (let hasShrunk = true; hasShrunk && triesLeft > 0;) {
    hasShrunk = false;
    for (const smaller of smallerOnes(smallest)) {
      triesLeft -= 1;
      if (triesLeft <= 0) break;
      if (!await isBroken(smaller)) continue;
      smallest = smaller;
      hasShrunk = true;
      break;
    }
  }
  return smallest;
}

/** Big steps first. */
function* smallerOnes(reply: Reply): Generator<Reply> {
  const { events } = reply;
  if (reply.block !== null) yield { ...reply, block: null };
  if (reply.cancelAfterUs !== null) yield { ...reply, cancelAfterUs: null };
  if (reply.stalledWrite !== null) yield { ...reply, stalledWrite: null };
  for (let size = Math.ceil(events.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < events.length; at += size) yield { ...reply, events: events.toSpliced(at, size) };
  }
  for (const [index, event] of events.entries()) {
    if (event.gapUs > 0) yield { ...reply, events: events.with(index, { ...event, gapUs: 0 }) };
    if (event.what.kind !== 'data' || event.what.bytes.length === 0) continue;
    const { bytes } = event.what;
    const half = bytes.length >> 1;
    for (const part of [bytes.subarray(half), bytes.subarray(0, half), bytes.subarray(1), bytes.subarray(0, -1)]) {
      if (part.length < bytes.length) yield { ...reply, events: events.with(index, { ...event, what: { kind: 'data', bytes: part } }) };
    }
  }
}
