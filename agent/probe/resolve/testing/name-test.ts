import { systemClock } from '#shared/time/clock.ts';
import { openChannel, type Channel } from '../channel.ts';
import { createResolver, type ResolverLoad, type ResolverOptions } from '../create-resolver.ts';
import type { NameQuery, Resolution, Resolver } from '../resolver.ts';
import type { FileReader } from '../watched-file.ts';
import { rootServers, startDnsServer, type DnsBehaviour, type DnsScript, type TestDnsServer } from './dns-server.ts';

/** The agent's own name server in these tests: resolv.conf cannot name a port, so channels are led from here to the test's server. */
export const OWN = '192.0.2.53';

export type ResolverChanges = Partial<ResolverOptions> & { readonly hosts?: string; readonly resolvConf?: string };

/** A name server that behaves as `script` says, healthy for the control name until told otherwise, and resolvers that use it. */
export type NameTest = {
  script: DnsScript;
  isControlAnswered: boolean;
  readonly server: TestDnsServer;
  askedNames(): readonly string[];
  aResolver(changes?: ResolverChanges): Resolver & { load(): ResolverLoad };
  /** What `resolve` uses unless told otherwise. */
  readonly resolver: Resolver;
  resolve(hostname: string, changes?: Partial<NameQuery>, by?: Resolver): Promise<Resolution>;
  /** Leads a channel's questions for the agent's own server to the test's, and others where `elsewhere` says. */
  toTestServer(channel: Channel, elsewhere?: Readonly<Record<string, string>>): Channel;
  close(): Promise<void>;
};

export async function startNameTest(script: DnsScript): Promise<NameTest> {
  const opened: (() => void)[] = [];
  let resolver: Resolver | null = null;
  const test: NameTest = {
    script,
    isControlAnswered: true,
    server: await startDnsServer((question) => {
      if (question.name !== '') return test.script(question);
      return test.isControlAnswered ? rootServers(question) : { kind: 'answer', rcode: 'SERVFAIL' };
    }),
    get resolver() {
      resolver ??= test.aResolver();
      return resolver;
    },
    askedNames: () => test.server.asked.map(({ name }) => name),
    aResolver({ hosts = '', resolvConf = `nameserver ${OWN}`, ...options } = {}) {
      const made = createResolver({
        clock: systemClock,
        mode: 'dns',
        egress: () => ({ allowed: true }),
        files: theseFiles({ '/etc/hosts': hosts, '/etc/resolv.conf': resolvConf }),
        hostName: 'agent',
        openChannel: () => test.toTestServer(openChannel()),
        ...options,
      });
      opened.push(() => made.close());
      return made;
    },
    resolve: (hostname, changes, by = test.resolver) =>
      by.resolve({ hostname, family: 'IPv4', dnsServer: null, timeoutMs: 5000, signal: new AbortController().signal, ...changes }),
    toTestServer: (channel, elsewhere = {}) => ({
      ...channel,
      ask: (question, done) => channel.ask({ ...question, server: { [OWN]: test.server.address, ...elsewhere }[question.server] ?? question.server }, done),
    }),
    async close() {
      for (const close of opened) close();
      await test.server.close();
    },
  };
  return test;
}

export function codeOf(resolution: Resolution): string {
  return resolution.ok ? `ok ${resolution.addresses.join(' ')}` : resolution.code;
}

export const always = (behaviour: DnsBehaviour): DnsScript => () => behaviour;

export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((next) => setImmediate(next));
}

function theseFiles(files: Readonly<Record<string, string>>): FileReader {
  return { stamp: (path) => files[path] ?? null, read: (path) => files[path] ?? '' };
}
