import { hostname as systemHostName } from 'node:os';
import type { IpFamily } from '#shared/check/check.ts';
import type { Clock, Timer } from '#shared/time/clock.ts';
import { answerOfAddresses, otherFamily, type Answer, type Trouble } from './answer.ts';
import { askServers } from './ask-servers.ts';
import { blame } from './blame.ts';
import { openChannel, type Channel } from './channel.ts';
import { ChannelPool } from './channel-pool.ts';
import { CONTROL_TIMEOUT_MS, ControlName, ROOT_CONTROL, type ControlQuestion } from './control-name.ts';
import { parseDnsServer } from './dns-server-address.ts';
import { Flight, type FlightLimits } from './flight.ts';
import { parseHosts } from './hosts-file.ts';
import { knownName } from './known-name.ts';
import { localPath, type LocalPath } from './local-path.ts';
import { Patience } from './patience.ts';
import { failedResolution, type NoAddresses } from './resolution-of.ts';
import { parseResolvConf } from './resolv-conf.ts';
import type { NameQuery, Resolution, Resolver } from './resolver.ts';
import { continuesSearch, searchPlan, searchResult, type SearchPlan } from './search-names.ts';
import { SYSTEM_FLIGHT_MAX, systemLookup, type SystemLookup } from './system-lookup.ts';
import { WatchedFile, systemFiles, type FileReader } from './watched-file.ts';

export type ResolverOptions = {
  readonly clock: Clock;
  /** `dns`: own queries by c-ares. `system`: getaddrinfo, for hosts whose names come from elsewhere (mDNS, LDAP). */
  readonly mode: 'dns' | 'system';
  /** Decides on a check's own name server before anything is sent to it. */
  readonly egress: (address: string) => { readonly allowed: boolean; readonly reason?: string };
  /** Names that must exist, asked before the agent's own resolver is blamed; left out: the root's name servers. */
  readonly control?: readonly ControlQuestion[];
  readonly limits?: Partial<FlightLimits>;
  readonly files?: FileReader;
  readonly hostsPath?: string;
  readonly resolvConfPath?: string;
  readonly hostName?: string;
  readonly openChannel?: () => Channel;
  readonly systemLookup?: SystemLookup;
  readonly localPath?: LocalPath;
};

/** For gauges. */
export type ResolverLoad = { readonly inFlight: number; readonly waiting: number; readonly channelsOpened: number };

/**
 * 64 questions may burst: more gain no speed, and the times of each grow with those sent beside it (median 2 ms at 64, 45 ms
 * at 512). 512 slow names may be out: at 64 in all, 200 slow names among 2,000 held the fast ones up by a second.
 */
export const DNS_LIMITS: FlightLimits = { inFlightMax: 512, youngMax: 64, youngMs: 100, waitingMax: 4096 };
export const SYSTEM_LIMITS: FlightLimits = { inFlightMax: SYSTEM_FLIGHT_MAX, youngMax: SYSTEM_FLIGHT_MAX, youngMs: 100, waitingMax: 4096 };

export function createResolver(options: ResolverOptions): Resolver & { load(): ResolverLoad } {
  return new NameResolver(options);
}

/** Whom to ask, and as what. */
type Route = { readonly plan: SearchPlan; readonly servers: readonly string[]; readonly isChecksServer: boolean };
/** What a lookup has seen so far; `askedUs` grows with every question. */
type Lookup = { readonly query: NameQuery; readonly route: Route; readonly patience: Patience; readonly isInHosts: boolean; askedUs: number };
type NamedAnswer = Answer & { readonly name: string };

class NameResolver implements Resolver {
  readonly #options: ResolverOptions;
  readonly #clock: Clock;
  readonly #pool: ChannelPool;
  readonly #flight: Flight;
  readonly #systemFlight: Flight;
  readonly #control: ControlName;
  readonly #hosts;
  readonly #resolvConf;
  readonly #underWay = new Set<Patience>();
  #isClosed = false;

  constructor(options: ResolverOptions) {
    const { clock, files = systemFiles, hostName = systemHostName() } = options;
    this.#options = options;
    this.#clock = clock;
    this.#pool = new ChannelPool(options.openChannel ?? openChannel);
    this.#flight = new Flight(clock, { ...DNS_LIMITS, ...(options.mode === 'dns' ? options.limits : {}) });
    this.#systemFlight = new Flight(clock, { ...SYSTEM_LIMITS, ...(options.mode === 'system' ? options.limits : {}) });
    this.#hosts = new WatchedFile({ path: options.hostsPath ?? '/etc/hosts', files, clock, parse: parseHosts });
    this.#resolvConf = new WatchedFile({ path: options.resolvConfPath ?? '/etc/resolv.conf', files, clock, parse: (text) => parseResolvConf(text, hostName) });
    this.#control = new ControlName({ clock, pool: this.#pool }, options.control ?? ROOT_CONTROL, () => this.#resolvConf.current().nameservers);
  }

  load(): ResolverLoad {
    return {
      inFlight: this.#flight.inFlight + this.#systemFlight.inFlight,
      waiting: this.#flight.waiting + this.#systemFlight.waiting,
      channelsOpened: this.#pool.opened,
    };
  }

  async resolve(query: NameQuery): Promise<Resolution> {
    try {
      return await this.#resolve(query);
    } catch (error) {
      return failedResolution(query, { kind: 'local', code: 'ERR_AGENT_INTERNAL', detail: String(error) }, [], 0);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const patience of this.#underWay) patience.cancel();
    this.#control.close();
    this.#flight.close();
    this.#systemFlight.close();
    this.#pool.close();
  }

  async #resolve(query: NameQuery): Promise<Resolution> {
    if (this.#isClosed) return failedResolution(query, { kind: 'closed' }, [], 0);
    // The check's own server is asked for exactly the name the check has: neither hosts file nor search domains.
    const known = knownName(query.hostname, query.family, query.dnsServer === null ? this.#hosts.current() : null);
    if (known.kind === 'addresses') return { ok: true, addresses: known.addresses, us: 0 };
    if (known.kind === 'literalOfOtherFamily') return failedResolution(query, known, [], 0);
    if (known.kind === 'notAName') return failedResolution(query, { kind: 'invalidName' }, [], 0);
    const route = this.#route(query);
    if ('kind' in route) return failedResolution(query, route, [], 0);

    const patience = new Patience(this.#clock, query.timeoutMs, query.signal);
    const lookup: Lookup = { query, route, patience, isInHosts: known.isInHosts, askedUs: 0 };
    this.#underWay.add(patience);
    try {
      const answer = await this.#answer(lookup);
      const us = Math.round(lookup.askedUs);
      if (answer.kind === 'addresses') return { ok: true, addresses: answer.addresses, us };
      return failedResolution(query, answer, route.servers, us);
    } finally {
      patience.done();
      this.#underWay.delete(patience);
    }
  }

  #route(query: NameQuery): Route | NoAddresses {
    if (query.dnsServer === null) {
      const conf = this.#resolvConf.current();
      return { plan: searchPlan(query.hostname, conf), servers: conf.nameservers, isChecksServer: false };
    }
    const parsed = parseDnsServer(query.dnsServer);
    if (!parsed) return { kind: 'badServer' };
    const egress = this.#options.egress(parsed.address);
    if (!egress.allowed) return { kind: 'egressDenied', reason: egress.reason };
    return { plan: searchPlan(query.hostname, { search: [], ndots: 1 }), servers: [parsed.server], isChecksServer: true };
  }

  /** Asks, and again if the resolver was only restarting; then finds out whose trouble it is (rules.md 16). */
  async #answer(lookup: Lookup): Promise<Extract<Answer, { kind: 'addresses' }> | NoAddresses> {
    for (let isAskedAgain = false; ; isAskedAgain = true) {
      const answer = await this.#askInTurn(lookup);
      if (answer.kind !== 'trouble') return answer;
      const verdict = await this.#blame(lookup, answer.trouble, isAskedAgain);
      switch (verdict) {
        case 'askAgain':
          continue;
        case 'overload':
          return { kind: 'overload' };
        case 'resolver':
          return { kind: 'resolverDown', trouble: answer.trouble };
        case 'target':
          return this.#localCause(lookup, answer.trouble);
      }
    }
  }

  async #blame(lookup: Lookup, trouble: Trouble, isAskedAgain: boolean): Promise<'target' | 'resolver' | 'overload' | 'askAgain'> {
    const facts = { trouble, isChecksServer: lookup.route.isChecksServer, askedMs: lookup.askedUs / 1000, timeoutMs: lookup.query.timeoutMs, isAskedAgain };
    const first = blame({ ...facts, control: this.#control.fresh() });
    if (first !== 'askControl') return first;
    const told = blame({ ...facts, control: await this.#control.ask() });
    return told === 'askControl' ? 'resolver' : told;
  }

  async #localCause(lookup: Lookup, trouble: Trouble): Promise<NoAddresses> {
    const server = trouble === 'unreachable' ? parseDnsServer(lookup.query.dnsServer ?? '') : null;
    const code = server ? await (this.#options.localPath ?? localPath)(server) : null;
    return code ? { kind: 'local', code, detail: code } : { kind: 'trouble', trouble };
  }

  async #askInTurn(lookup: Lookup): Promise<Answer | NoAddresses> {
    const isSystem = this.#options.mode === 'system' && !lookup.route.isChecksServer;
    const boarding = await (isSystem ? this.#systemFlight : this.#flight).enter(lookup.patience);
    switch (boarding.kind) {
      case 'full':
        return { kind: 'queueFull' };
      case 'late':
        return { kind: 'overload' };
      case 'cancelled':
        return { kind: 'cancelled' };
      case 'pass':
        return isSystem ? this.#askSystem(lookup, boarding.leave) : this.#askDns(lookup).finally(boarding.leave);
    }
  }

  async #askDns(lookup: Lookup): Promise<Answer | NoAddresses> {
    const { plan } = lookup.route;
    const tried: NamedAnswer[] = [];
    const prepared = this.#prepareControl(lookup);
    for (const name of plan.names) {
      const startUs = this.#clock.monotonicUs();
      const answer = await this.#askOne(lookup, name, lookup.query.family, prepared.onSilence);
      lookup.askedUs += this.#clock.monotonicUs() - startUs;
      tried.push({ ...answer, name });
      if (!continuesSearch(answer)) break;
    }
    prepared.cancel();
    const { name, ...result } = searchResult(tried, plan.isAsIsFirst);
    if (result.kind !== 'noData' && result.kind !== 'noSuchName') return result;
    if (lookup.isInHosts) return { kind: 'otherFamilyOnly' };
    if (result.kind === 'noSuchName') return result;
    const other = await this.#askOne(lookup, name, otherFamily(lookup.query.family), () => {});
    return other.kind === 'addresses' ? { kind: 'otherFamilyOnly' } : result;
  }

  async #askOne(lookup: Lookup, name: string, family: IpFamily, onSilence: () => void): Promise<Answer> {
    const question = { name, type: family === 'IPv4' ? 'A' : 'AAAA', servers: lookup.route.servers } as const;
    const reply = await askServers({ clock: this.#clock, pool: this.#pool }, question, lookup.patience, onSilence);
    return 'values' in reply ? answerOfAddresses(reply.values, family) : reply;
  }

  /** Silence will want the control name: asks it in time for the deadline, so that telling costs no extra wait. */
  #prepareControl(lookup: Lookup): { onSilence: () => void; cancel: () => void } {
    let timer: Timer | null = null;
    const onSilence = (): void => {
      if (lookup.route.isChecksServer || timer) return;
      const beforeEndMs = Math.min(CONTROL_TIMEOUT_MS, lookup.query.timeoutMs / 2);
      timer = this.#clock.setTimer(Math.max(0, lookup.patience.leftMs() - beforeEndMs), () => void this.#control.ask());
    };
    return { onSilence, cancel: () => timer?.cancel() };
  }

  /** getaddrinfo goes on when nobody waits any more, and keeps its place until it ends. */
  async #askSystem(lookup: Lookup, leave: () => void): Promise<Answer | NoAddresses> {
    const { hostname, family } = lookup.query;
    const ask = this.#options.systemLookup ?? systemLookup;
    const startUs = this.#clock.monotonicUs();
    const work = ask(hostname, family).then(async (answer): Promise<Answer | NoAddresses> => {
      lookup.askedUs += this.#clock.monotonicUs() - startUs;
      if ((answer.kind !== 'noSuchName' && answer.kind !== 'noData') || lookup.patience.over) return answer;
      const other = await ask(hostname, otherFamily(family));
      return other.kind === 'addresses' ? { kind: 'otherFamilyOnly' } : answer;
    }).finally(leave);
    const end = new Promise<Answer>((resolve) => {
      lookup.patience.whenOver((over) => {
        lookup.askedUs = this.#clock.monotonicUs() - startUs;
        resolve(over === 'late' ? { kind: 'trouble', trouble: 'timeout' } : { kind: 'cancelled' });
      });
    });
    return Promise.race([work, end]);
  }
}
