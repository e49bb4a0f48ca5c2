/**
 * Stands between an agent and the coordinators, as a balancer does, and can be told to be a bad line. Counts what it
 * did to the line, so that a fault can prove that it fired.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How the line is. `up` is from agent to coordinator. */
export type Line =
  | { readonly kind: 'good' }
  /** Swallows bytes, keeps connections: a firewall that drops. */
  | { readonly kind: 'mute'; readonly direction: 'up' | 'down' | 'both' }
  /** Every chunk late, and only so many bytes a second. */
  | { readonly kind: 'slow'; readonly delayMs: number; readonly jitterMs: number; readonly bytesPerSecond: number }
  /** Neither end learns that the other is gone. */
  | { readonly kind: 'half_open' }
  /** Every connection is cut, new ones too. */
  | { readonly kind: 'cut' };

export type LineCounts = { swallowedBytes: number; delayedChunks: number; hiddenEnds: number; cutConnections: number; connections: number };

/** Beyond this a slow line holds its sender back. */
const HELD_BYTES_MAX = 262_144;

export class FaultProxy {
  readonly counts: LineCounts = { swallowedBytes: 0, delayedChunks: 0, hiddenEnds: 0, cutConnections: 0, connections: 0 };
  readonly #server: Server;
  readonly #upstreams: () => readonly number[];
  readonly #pairs = new Set<{ readonly from: Socket; readonly to: Socket }>();
  #line: Line = { kind: 'good' };
  #turn: number;

  private constructor(upstreams: () => readonly number[], firstTurn: number) {
    this.#upstreams = upstreams;
    this.#turn = firstTurn;
    this.#server = createServer((socket) => void this.#serve(socket));
  }

  /** `upstreams`: ports on loopback, tried in turn from the `firstTurn`th on, a closed one passed over. */
  static async open(upstreams: () => readonly number[], firstTurn: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstreams, firstTurn);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen({ host: '127.0.0.1', port: 0 }, resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  set(line: Line): void {
    this.#line = line;
    if (line.kind === 'cut' || line.kind === 'good') for (const { from, to } of [...this.#pairs]) {
      // A connection that lost bytes or an end is of no use on a good line, either: both sides learn now.
      if (line.kind === 'cut') this.counts.cutConnections += 1;
      if (line.kind === 'cut' || from.destroyed || to.destroyed) { from.destroy(); to.destroy(); }
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => { this.#server.close(() => resolve()); });
    for (const { from, to } of this.#pairs) { from.destroy(); to.destroy(); }
    await closed;
  }

  async #serve(from: Socket): Promise<void> {
    from.on('error', () => {});
    this.counts.connections += 1;
    if (this.#line.kind === 'cut') { this.counts.cutConnections += 1; from.destroy(); return; }
    const to = await this.#dial();
    if (!to || from.destroyed) { from.destroy(); to?.destroy(); return; }
    to.on('error', () => {});
    const pair = { from, to };
    this.#pairs.add(pair);
    this.#pump(from, to, 'up');
    this.#pump(to, from, 'down');
    for (const [ended, other] of [[from, to], [to, from]] as const) {
      ended.on('close', () => {
        if (this.#line.kind === 'half_open') { this.counts.hiddenEnds += 1; if (!other.destroyed) return; }
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  async #dial(): Promise<Socket | null> {
    const ports = this.#upstreams();
    for (let tries = 0; tries < ports.length; tries += 1) {
      const port = ports[this.#turn++ % ports.length]!;
      const socket = connect({ host: '127.0.0.1', port });
      const isOpen = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      if (isOpen) return socket;
    }
    return null;
  }

  #pump(from: Socket, to: Socket, direction: 'up' | 'down'): void {
    let freeAtMs = 0;
    let held = 0;
    from.on('data', (chunk: Buffer) => {
      const line = this.#line;
      if (line.kind === 'mute' && (line.direction === 'both' || line.direction === direction)) { this.counts.swallowedBytes += chunk.length; return; }
      if (line.kind === 'half_open' && to.destroyed) { this.counts.swallowedBytes += chunk.length; return; }
      if (line.kind !== 'slow' && held === 0) {
        if (!to.write(chunk)) { from.pause(); to.once('drain', () => from.resume()); }
        return;
      }
      this.counts.delayedChunks += 1;
      const { delayMs, jitterMs, bytesPerSecond } = line.kind === 'slow' ? line : { delayMs: 0, jitterMs: 0, bytesPerSecond: Infinity };
      const nowMs = performance.now();
      // In order, whatever the jitter.
      freeAtMs = Math.max(freeAtMs, nowMs + delayMs + jitterMs * Math.abs(Math.sin(this.counts.delayedChunks))) + (chunk.length / bytesPerSecond) * 1000;
      held += chunk.length;
      if (held > HELD_BYTES_MAX) from.pause();
      setTimeout(() => {
        held -= chunk.length;
        if (held <= HELD_BYTES_MAX) from.resume();
        if (!to.destroyed) to.write(chunk);
      }, freeAtMs - nowMs);
    });
  }
}
