import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import net from 'node:net';
import { AGENT_FAULT_CODES, FAILURE_CODES } from '#shared/run/failure.ts';
import { judgeAttempt } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import { type Judgement, OUTCOMES } from '#shared/run/result.ts';
import { systemClock } from '#shared/time/clock.ts';
import { openProbe } from '#agent/probe/open-probe.ts';
import { Random } from '../random.ts';
import { randomReply } from './random-reply.ts';
import { randomSpec } from './random-spec.ts';
import type { Reply } from './reply.ts';
import { Tally } from './tally.ts';
import { compiledFor } from './world.ts';

/** What a real attempt may take here; long waits are what virtual time is for. */
const LIMITS_MS = [20, 60, 120, 250] as const;
const GAP_MS_MAX = 4;

export type SocketResult = {
  readonly tally: Tally;
  /** What held for none, with the number of its reply. */
  readonly broken: readonly { readonly reply: number; readonly how: string }[];
  /** Connections the hostile servers saw. */
  readonly connections: number;
};

/** Replies 0 … `count`−1 of a seed against real listeners on loopback, by the probe that an agent opens; `lanes` at once. */
export async function runOverSockets({ seed, count, lanes }: { readonly seed: number; readonly count: number; readonly lanes: number }): Promise<SocketResult> {
  const opened = openProbe({ resolver: 'dns', egress: () => ({ allowed: true }), clock: systemClock });
  const tally = new Tally();
  const broken: { reply: number; how: string }[] = [];
  let next = 0;
  let connections = 0;
  const lane = async (): Promise<void> => {
    const server = await HostileServer.open();
    for (let index = next++; index < count; index = next++) {
      const { spec, transcript } = randomSpec(new Random(seed, 3, index));
      const random = new Random(seed, 4, index);
      const real = realSpec(spec, server.port, random);
      server.reply = randomReply(random, { spec: real, transcript });
      const report = await opened.probe(real, new AbortController().signal);
      const judgement = judgeAttempt(real, compiledFor(real), report, { nowMs: Date.now(), impaired: false });
      const said = await server.finish(report.established);
      tally.count({ judgement, report, network: { deliveredBytes: report.bytesReceived } });
      const how = problemOf(real, report, judgement, said);
      if (how !== null) broken.push({ reply: index, how });
    }
    connections += server.connections;
    server.close();
  };
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
  opened.close();
  return { tally, broken, connections };
}

/** The same check, against a port of loopback and within a quarter of a second. */
export function realSpec(spec: ProbeSpec, port: number, random: Random): ProbeSpec {
  return {
    ...spec, hostname: '127.0.0.1', ipFamily: 'IPv4', port, sourceAddress: null, dnsServer: null,
    tls: spec.tls === null ? null : { ...spec.tls, clientCertificate: null },
    maxResponseTimeMs: random.pick(LIMITS_MS), degradedResponseTimeMs: 20,
  };
}

function problemOf(spec: ProbeSpec, report: ProbeReport, { outcome }: Judgement, said: Buffer): string | null {
  const { timings, failure, response } = report;
  const phases = [timings.dnsUs, timings.connectUs, timings.tlsUs, timings.sendUs, timings.firstByteUs, timings.dataUs];
  if (!OUTCOMES.includes(outcome)) return `outcome ${String(outcome)}`;
  if (phases.reduce((sum, us) => sum + us, 0) !== timings.totalUs || phases.some((us) => !Number.isInteger(us) || us < 0)) return JSON.stringify(timings);
  if (response.length !== Math.min(report.bytesReceived, spec.readMaxBytes)) return `${response.length} bytes kept of ${report.bytesReceived}`;
  // The handshake of TLS eats bytes that are no answer; no reply here gets through it.
  if (!said.subarray(0, response.length).equals(response)) return `other bytes than were said: ${Buffer.from(response.subarray(0, 60)).toString('latin1')}`;
  if (failure !== null && !Object.hasOwn(FAILURE_CODES, failure.code)) return `code ${failure.code}`;
  // This machine may really stop a process for a moment; everything else the server has no way to bring about.
  if (failure !== null && AGENT_FAULT_CODES.has(failure.code) && failure.code !== 'ERR_SUSPENDED') return failure.message;
  return null;
}

/** A listener that does to each connection what its reply says, in real time with all waits cut short. */
export class HostileServer {
  reply: Reply | null = null;
  /** Between a connection and the first thing done to it. */
  pauseMs = 0;
  connections = 0;
  readonly #server: net.Server;
  #said: Buffer[] = [];
  #playing: Promise<void> | null = null;
  #connected = (): void => {};

  constructor(server: net.Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.connections += 1;
      const { reply } = this;
      if (reply === null || this.#playing !== null) return void socket.destroy();
      this.#playing = this.#play(socket, reply);
      this.#connected();
    });
  }

  static async open(): Promise<HostileServer> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HostileServer(server);
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  /** What was written to the connection, once the other side has left; it may have been quicker than this side's accept. */
  async finish(wasEstablished: boolean): Promise<Buffer> {
    if (wasEstablished && this.#playing === null) await new Promise<void>((resolve) => { this.#connected = resolve; });
    await this.#playing;
    this.#playing = null;
    const said = Buffer.concat(this.#said);
    this.#said = [];
    return said;
  }

  close(): void {
    this.#server.close();
  }

  async #play(socket: net.Socket, reply: Reply): Promise<void> {
    let writes = 0;
    let wake = (): void => {};
    socket.on('data', () => { writes += 1; wake(); }).on('error', () => {}).on('end', () => wake()).on('close', () => wake());
    if (this.pauseMs > 0) await new Promise((resolve) => { setTimeout(resolve, this.pauseMs); });
    for (const { gapUs, afterWrites, what } of reply.events) {
      while (writes < afterWrites && !socket.destroyed && !socket.readableEnded) await new Promise<void>((resolve) => { wake = resolve; });
      const gapMs = Math.min(gapUs / 1000, GAP_MS_MAX);
      if (gapMs >= 1) await new Promise((resolve) => { setTimeout(resolve, gapMs); });
      if (socket.destroyed) break;
      if (what.kind === 'data') {
        if (what.bytes.length === 0 || socket.writableEnded) continue;
        this.#said.push(Buffer.from(what.bytes));
        await new Promise<void>((resolve) => { wake = resolve; socket.write(what.bytes, () => resolve()); });
      } else if (what.kind === 'fin') socket.end();
      // After a FIN libuv refuses to reset, and Node then keeps the handle open for ever.
      else if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
    while (!socket.destroyed && !socket.readableEnded) await new Promise<void>((resolve) => { wake = resolve; });
    socket.destroy();
  }
}
