import type { CoordinatorAddress } from '#agent/session/fleet-connection.ts';
import { AskedChild } from '../asked-child.ts';
import type { FromHost, ToHost } from './agents-host.ts';
import type { HostedAgentOrder } from './hosted-agent.ts';

type Host = AskedChild<ToHost, FromHost>;
type Answer<K extends FromHost['kind']> = Extract<FromHost, { kind: K }>;

/** More in one process wait for that process's one thread. */
const AGENTS_PER_HOST = 250;
const STATUS_WITHIN_MS = 30_000;
/** "Setting the TLS ServerName to an IP address": grpc-js does, of the address it was given. */
const QUIET = ['--disable-warning=DEP0123'];

/** The processes of all agents, asked as one. */
export class Hosts {
  readonly #hosts: readonly Host[];
  readonly agents: number;

  constructor(agents: number) {
    this.agents = agents;
    this.#hosts = Array.from({ length: Math.ceil(agents / AGENTS_PER_HOST) }, () => new AskedChild({ name: 'hosted agents', file: new URL('./agents-host.ts', import.meta.url), execArgv: QUIET }));
  }

  /** Agent by agent to the next of the coordinators. */
  async join(coordinators: readonly CoordinatorAddress[], orders: readonly HostedAgentOrder[], withinMs: number): Promise<void> {
    const each = Math.ceil(orders.length / this.#hosts.length);
    await Promise.all(this.#hosts.map((host, index) => host.ask({ kind: 'join', coordinators, agents: orders.slice(index * each, (index + 1) * each) }, 'joined', withinMs)));
  }

  async status(): Promise<Omit<Answer<'status'>, 'kind'>> {
    const all = await this.#ask({ kind: 'status' }, 'status', STATUS_WITHIN_MS);
    const total = (of: (one: Answer<'status'>) => number): number => all.reduce((sum, one) => sum + of(one), 0);
    return {
      connected: total((one) => one.connected), sessionsLost: total((one) => one.sessionsLost), changed: total((one) => one.changed),
      backlogLeft: total((one) => one.backlogLeft), residentMb: total((one) => one.residentMb), cpuUs: total((one) => one.cpuUs),
    };
  }

  /** From now on changes of these checks count; null: of all. How many agents hold any of them. */
  async watchChanges(checkIds: readonly string[] | null): Promise<number> {
    return (await this.#ask({ kind: 'watchChanges', checkIds }, 'watching', STATUS_WITHIN_MS)).reduce((sum, { holders }) => sum + holders, 0);
  }

  /** When each agent had its first change since they are watched, ascending; wall clock, ms. */
  async changes(): Promise<readonly number[]> {
    return (await this.#ask({ kind: 'changes' }, 'changes', STATUS_WITHIN_MS)).flatMap(({ atMs }) => atMs).sort((a, b) => a - b);
  }

  async returns(): Promise<{ readonly atMs: readonly number[]; readonly timesTurnedAway: number }> {
    const all = await this.#ask({ kind: 'returns' }, 'returns', STATUS_WITHIN_MS);
    return { atMs: all.flatMap(({ atMs }) => atMs).sort((a, b) => a - b), timesTurnedAway: all.reduce((sum, one) => sum + one.timesTurnedAway, 0) };
  }

  /** Live results of all agents, evenly, and how long each waited for its acknowledgement, ms: those of each five seconds ascending. */
  async live(perSecond: number, forMs: number, withinMs: number): Promise<Omit<Answer<'lived'>, 'kind'>> {
    const all = await this.#ask({ kind: 'live', perSecond: perSecond / this.#hosts.length, forMs }, 'lived', withinMs);
    return {
      offered: all.reduce((sum, { offered }) => sum + offered, 0), left: all.reduce((sum, { left }) => sum + left, 0),
      elapsedMs: Math.max(...all.map(({ elapsedMs }) => elapsedMs)), slicesMs: Array.from({ length: Math.max(...all.map(({ slicesMs }) => slicesMs.length)) }, (_, index) => all.flatMap(({ slicesMs }) => slicesMs[index] ?? []).sort((a, b) => a - b)),
    };
  }

  async burst(each: number, withinMs: number): Promise<Omit<Answer<'burst'>, 'kind'>> {
    const all = await this.#ask({ kind: 'burst', each, withinMs }, 'burst', withinMs + STATUS_WITHIN_MS);
    return {
      elapsedMs: Math.max(...all.map(({ elapsedMs }) => elapsedMs)), cpuUs: all.reduce((sum, { cpuUs }) => sum + cpuUs, 0), left: all.reduce((sum, { left }) => sum + left, 0),
    };
  }

  async end(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.end()));
  }

  #ask<K extends FromHost['kind']>(order: ToHost, answer: K, withinMs: number): Promise<readonly Answer<K>[]> {
    return Promise.all(this.#hosts.map((host) => host.ask(order, answer, withinMs)));
  }
}
