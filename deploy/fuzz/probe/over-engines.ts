import { judgeAttempt } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import { systemClock } from '#shared/time/clock.ts';
import { openProbe } from '#agent/probe/open-probe.ts';
import { Random } from '../random.ts';
import { HostileServer, realSpec } from './over-sockets.ts';
import { randomReply } from './random-reply.ts';
import { randomSpec } from './random-spec.ts';
import type { Reply } from './reply.ts';
import { compiledFor } from './world.ts';

export type EnginesResult = {
  readonly replies: number;
  /** Replies that needed more than one look, because real time makes them end now so, now so. */
  readonly repeated: number;
  /** This machine stopped the process in every look at it. */
  readonly unseen: number;
  /** Ended alike only once nothing else ran and the deadline was long: between a busy machine and a short deadline. */
  readonly hasty: readonly number[];
  readonly outcomes: ReadonlyMap<string, number>;
  /** What never ended alike, with what each engine made of it. */
  readonly broken: readonly { readonly reply: number; readonly plain: readonly string[]; readonly kernel: readonly string[] }[];
};

/**
 * A reply that hangs by its deadline or by how its segments fall ends in more than one way under one engine, too. Two
 * engines differ only if nothing that one makes of it is among what the other makes of it, in so many looks at each.
 */
const LOOKS_MAX = 12;
/**
 * A busy machine makes an answer late for the engine that goes by the event loop, and not for the one that goes by the
 * kernel's stamps. What differed among the others is therefore looked at again by itself, at last with so many times
 * its deadline: whoever is silent then still is, and whoever answers does so long before it.
 */
const PATIENCES = [1, 10] as const;
/**
 * Server and client share an event loop here, in which one engine hears of a connection before the server does and the
 * other after: a server that leaves at once does so before the first byte of one and after that of the other, which is
 * a FIN here and a RST there. So it waits a little before it does anything.
 */
const PAUSE_MS = 5;

/** Replies 0 … `count`−1 of a seed, each seen by both engines. Throws where the kernel-timed one is not to be had. */
export async function runOverEngines({ seed, count, lanes }: { readonly seed: number; readonly count: number; readonly lanes: number }): Promise<EnginesResult> {
  const open = (engine: 'plain' | 'kernel') => openProbe({ resolver: 'dns', egress: () => ({ allowed: true }), clock: systemClock, engine });
  const engines = { plain: open('plain'), kernel: open('kernel') };
  const chosen = await engines.kernel.engineChosen;
  if (chosen.kind !== 'kernel') throw new Error(`the kernel-timed engine refuses: ${chosen.reason}`);
  const broken: EnginesResult['broken'][number][] = [];
  const hasty: number[] = [];
  const differing: number[] = [];
  const outcomes = new Map<string, number>();
  let [next, repeated, unseen] = [0, 0, 0];
  const compare = async (server: HostileServer, index: number, patience: number): Promise<Seen> => {
    const { spec, transcript } = randomSpec(new Random(seed, 3, index));
    const random = new Random(seed, 4, index);
    // How long it took is what the engines may differ in.
    const timeless = spec.assertions.filter(({ source }) => source !== 'RESPONSE_TIME');
    const real = realSpec({ ...spec, assertions: timeless }, server.port, random);
    const reply = randomReply(random, { spec: real, transcript });
    const patient = { ...real, maxResponseTimeMs: real.maxResponseTimeMs * patience };
    const seen = { plain: new Set<string>(), kernel: new Set<string>(), looks: 0 };
    do {
      for (const engine of ['plain', 'kernel'] as const) {
        const end = await look(engines[engine].probe, { real: patient, reply, server });
        if (end !== null) seen[engine].add(end);
      }
      seen.looks += 1;
    } while (seen.plain.isDisjointFrom(seen.kernel) && seen.looks < LOOKS_MAX);
    return seen;
  };
  const lane = async (): Promise<void> => {
    const server = await openServer();
    for (let index = next++; index < count; index = next++) {
      const seen = await compare(server, index, 1);
      if (seen.looks > 1) repeated += 1;
      if (isUnseen(seen)) unseen += 1;
      else if (differ(seen)) differing.push(index);
      const [first = 'never seen'] = seen.kernel;
      const outcome = first.split('|', 1)[0]!;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    server.close();
  };
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
  const server = await openServer();
  for (const index of differing.sort((a, b) => a - b)) {
    for (const patience of PATIENCES) {
      const seen = await compare(server, index, patience);
      if (isUnseen(seen)) {
        unseen += 1;
        break;
      }
      if (!differ(seen)) {
        if (patience > 1) hasty.push(index);
        break;
      }
      if (patience === PATIENCES.at(-1)) broken.push({ reply: index, plain: [...seen.plain], kernel: [...seen.kernel] });
    }
  }
  server.close();
  for (const engine of Object.values(engines)) engine.close();
  return { replies: count, repeated, unseen, hasty, outcomes, broken };
}

type Seen = { readonly plain: ReadonlySet<string>; readonly kernel: ReadonlySet<string>; readonly looks: number };

function isUnseen({ plain, kernel }: Seen): boolean {
  return plain.size === 0 || kernel.size === 0;
}

function differ({ plain, kernel }: Seen): boolean {
  return plain.isDisjointFrom(kernel);
}

async function openServer(): Promise<HostileServer> {
  const server = await HostileServer.open();
  server.pauseMs = PAUSE_MS;
  return server;
}

async function look(
  probe: ReturnType<typeof openProbe>['probe'],
  { real, reply, server }: { readonly real: ProbeSpec; readonly reply: Reply; readonly server: HostileServer },
): Promise<string | null> {
  server.reply = reply;
  const report = await probe(real, new AbortController().signal);
  const { outcome, failure } = judgeAttempt(real, compiledFor(real), report, { nowMs: Date.now(), impaired: false });
  await server.finish(report.established);
  if (failure?.code === 'ERR_SUSPENDED') return null;
  // How much was read at the moment of a decision is the segments' doing; at the end of an answer it is the answer.
  const isWhole = report.stopReason === 'closed' || report.stopReason === 'end_of_answer';
  // A FIN and a RST that cut a handshake short race for being seen first.
  const isCutShort = failure?.phase === 'tls' && (failure.code === 'ECONNRESET' || failure.code === 'EPIPE');
  const code = isCutShort ? 'ERR_TLS_HANDSHAKE' : (failure?.code ?? '');
  return [
    outcome === 'degraded' ? 'passed' : outcome, failure?.phase ?? '', code, failure?.step ?? '', report.stopReason, report.established, report.steps.map(({ ok }) => ok).join(','),
    isWhole ? Buffer.from(report.response).toString('base64') : '',
  ].join('|');
}
