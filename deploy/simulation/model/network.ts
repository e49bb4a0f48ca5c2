import { setMaxListeners } from 'node:events';
import type { Duplex } from '#shared/rpc/duplex.ts';
import type { Engine } from '../engine/engine.ts';
import type { Process } from '../engine/process.ts';
import type { Random } from '../../fuzz/random.ts';

/** The way between one agent's machine and one coordinator's, as it is at the moment. */
export class Link {
  /** One way of it is mute: what is sent waits, as in TCP's buffers, and nobody is told. */
  #muteTo: { agent: boolean; coordinator: boolean } = { agent: false, coordinator: false };
  readonly #waiting: (() => void)[] = [];
  readonly #streams = new Set<{ breakOff(): void }>();
  /** ms of one way, and how much it may vary. */
  latencyMs: number;
  jitterMs: number;

  constructor(latencyMs: number, jitterMs: number) {
    this.latencyMs = latencyMs;
    this.jitterMs = jitterMs;
  }

  isMuteTo(side: Side): boolean {
    return this.#muteTo[side];
  }

  mute(to: { readonly agent: boolean; readonly coordinator: boolean }): void {
    this.#muteTo = { ...to };
  }

  heal(): void {
    this.#muteTo = { agent: false, coordinator: false };
    for (const wake of this.#waiting.splice(0)) wake();
  }

  whenHealed(wake: () => void): void {
    this.#waiting.push(wake);
  }

  /** Every connection breaks; each side learns of it, sooner or later. */
  breakAll(): void {
    for (const stream of [...this.#streams]) stream.breakOff();
  }

  add(stream: { breakOff(): void }): void {
    this.#streams.add(stream);
  }

  remove(stream: { breakOff(): void }): void {
    this.#streams.delete(stream);
  }
}

export type Side = 'agent' | 'coordinator';

export type NetworkHooks = {
  /** Before (and after) something leaves a process: it may be killed there. */
  readonly effect: (process: Process, what: string) => void;
  /** Hears everything that is sent. */
  readonly sent: (message: unknown) => void;
};

type Frame<Message> = { readonly kind: 'open' } | { readonly kind: 'message'; readonly message: Message } | { readonly kind: 'over'; readonly why: 'ended' | Error };

/**
 * One stream over a link: in order, late, and lost when the link breaks. Both ends are what gRPC's are to the code
 * above them (shared/rpc/duplex.ts): `accept` gets the far end once the opening has arrived there.
 */
export function openStream<Down, Up>(deps: {
  readonly engine: Engine; readonly random: Random; readonly link: Link; readonly hooks: NetworkHooks; readonly name: string;
  readonly agent: Process;
  /** null: nobody listens there. */
  readonly coordinator: Process | null;
  readonly accept: (stream: Duplex<Up, Down>) => void;
}): Duplex<Down, Up> {
  const { engine, link, agent, coordinator, name } = deps;
  const near = new End<Down, Up>(agent, name, deps);
  if (coordinator === null) {
    engine.after(link.latencyMs * 2, () => agent.reach(() => near.finish(new Error('ECONNREFUSED'))));
    return near;
  }
  const far = new End<Up, Down>(coordinator, name, deps);
  const stream = {
    breakOff(): void {
      link.remove(stream);
      for (const end of [near, far]) engine.after(deps.random.fraction() * link.latencyMs * 4, () => end.process.reach(() => end.finish(new Error('ECONNRESET'))));
    },
  };
  link.add(stream);
  const up = new Way<Up>(engine, deps.random, link, 'coordinator', (frame) => coordinator.reach(() => {
    if (frame.kind === 'open') deps.accept(far);
    else far.receive(frame);
  }));
  const down = new Way<Down>(engine, deps.random, link, 'agent', (frame) => agent.reach(() => { if (frame.kind !== 'open') near.receive(frame); }));
  near.send = (frame) => up.put(frame);
  far.send = (frame) => down.put(frame);
  const over = (): void => { if (near.isOver && far.isOver) link.remove(stream); };
  near.onOver = over;
  far.onOver = over;
  // The kernel of a machine whose process died says so; the dead end itself is never told anything.
  agent.onDeath(() => { near.vanish(); up.put({ kind: 'over', why: new Error('ECONNRESET') }); });
  coordinator.onDeath(() => { far.vanish(); down.put({ kind: 'over', why: new Error('ECONNRESET') }); });
  up.put({ kind: 'open' });
  return near;
}

/** One direction of a stream. */
class Way<Message> {
  readonly #engine: Engine;
  readonly #random: Random;
  readonly #link: Link;
  readonly #to: Side;
  readonly #deliver: (frame: Frame<Message>) => void;
  readonly #frames: { readonly atMs: number; readonly frame: Frame<Message> }[] = [];
  #lastAtMs = 0;
  #isWaiting = false;

  constructor(engine: Engine, random: Random, link: Link, to: Side, deliver: (frame: Frame<Message>) => void) {
    this.#engine = engine;
    this.#random = random;
    this.#link = link;
    this.#to = to;
    this.#deliver = deliver;
  }

  put(frame: Frame<Message>): void {
    this.#lastAtMs = Math.max(this.#lastAtMs, this.#engine.nowMs + this.#link.latencyMs + this.#random.fraction() * this.#link.jitterMs);
    this.#frames.push({ atMs: this.#lastAtMs, frame });
    if (this.#frames.length === 1) this.#wait();
  }

  #wait(): void {
    const first = this.#frames[0];
    if (first === undefined || this.#isWaiting) return;
    this.#isWaiting = true;
    this.#engine.after(first.atMs - this.#engine.nowMs, () => {
      this.#isWaiting = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#link.isMuteTo(this.#to)) {
      this.#isWaiting = true;
      this.#link.whenHealed(() => {
        this.#isWaiting = false;
        this.#wait();
      });
      return;
    }
    const first = this.#frames.shift();
    if (first !== undefined) this.#deliver(first.frame);
    this.#wait();
  }
}

/** Credits and heartbeats keep it far below. */
const UNREAD_MAX = 2_000;

/** One side of a stream, as the code of that side sees it. */
class End<In, Out> implements Duplex<In, Out> {
  readonly process: Process;
  readonly #name: string;
  readonly #deps: { readonly engine: Engine; readonly hooks: NetworkHooks };
  readonly #over = new AbortController();
  readonly #unread: In[] = [];
  #cause: 'open' | 'ended' | Error = 'open';
  #isWritable = true;
  #wake: (() => void) | null = null;
  send: (frame: Frame<Out>) => void = () => undefined;
  onOver: () => void = () => undefined;
  readonly messages: AsyncIterable<In> = { [Symbol.asyncIterator]: () => this.#read() };

  constructor(process: Process, name: string, deps: { readonly engine: Engine; readonly hooks: NetworkHooks }) {
    this.process = process;
    this.#name = name;
    this.#deps = deps;
    setMaxListeners(0, this.#over.signal);
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get isOver(): boolean {
    return this.#cause !== 'open';
  }

  cause(): 'open' | 'ended' | Error {
    return this.#cause;
  }

  write(message: Out): Promise<void> {
    const { engine, hooks } = this.#deps;
    if (!this.#isWritable || !this.process.isAlive) return Promise.resolve();
    const kind = (message as { message?: { $case?: string } }).message?.$case ?? '';
    hooks.effect(this.process, kind);
    if (!this.process.isAlive) return Promise.resolve();
    engine.trace.note(engine.nowMs, `${this.process.name} sends ${kind} on ${this.#name}`);
    hooks.sent(message);
    this.send({ kind: 'message', message });
    hooks.effect(this.process, kind);
    return Promise.resolve();
  }

  end(): void {
    if (!this.#isWritable) return;
    this.#isWritable = false;
    if (this.process.isAlive) this.send({ kind: 'over', why: 'ended' });
  }

  destroy(): void {
    if (this.#cause === 'open' && this.process.isAlive) this.send({ kind: 'over', why: new Error('CANCELLED') });
    this.finish('ended');
  }

  /** The process is dead: nobody reads here any more. */
  vanish(): void {
    this.#isWritable = false;
    if (this.#cause === 'open') this.#cause = 'ended';
    this.onOver();
  }

  receive(frame: Exclude<Frame<In>, { kind: 'open' }>): void {
    if (frame.kind === 'over') return this.finish(frame.why);
    if (this.#cause !== 'open') return;
    this.#unread.push(frame.message);
    if (this.#unread.length > UNREAD_MAX) throw new Error(`${this.process.name} leaves more than ${UNREAD_MAX} messages on ${this.#name} unread (I8)`);
    this.#wake?.();
  }

  finish(why: 'ended' | Error): void {
    if (this.#cause === 'open') this.#cause = why;
    this.#isWritable = false;
    this.#over.abort();
    this.#wake?.();
    this.onOver();
  }

  async *#read(): AsyncGenerator<In> {
    for (;;) {
      const message = this.#unread.shift();
      if (message !== undefined) yield message;
      else if (this.#cause !== 'open') return;
      else {
        await new Promise<void>((resolve) => { this.#wake = resolve; });
        this.#wake = null;
      }
    }
  }
}
