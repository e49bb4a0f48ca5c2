import { isIP } from 'node:net';

export type ResolvConf = {
  /** As `setServers` takes them. */
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
};

/** glibc's MAXNS and RES_MAXNDOTS. */
const NAMESERVERS_MAX = 3;
const NDOTS_MAX = 15;
/** glibc has had no limit since 2.26; each domain is one more question, so there must be one. */
const SEARCH_MAX = 16;

/**
 * /etc/resolv.conf as glibc reads it: the last of `search` and `domain` counts, without either the host
 * name's own domain; without a name server, the one on this machine. Other options are about a resolver that is
 * not used here.
 */
export function parseResolvConf(text: string, hostName: string): ResolvConf {
  const nameservers: string[] = [];
  let search: readonly string[] | null = null;
  let ndots = 1;
  for (const line of text.split('\n')) {
    if (/^[#;]/.test(line)) continue;
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0] && isIP(values[0]) !== 0) nameservers.push(values[0]);
    if (keyword === 'domain' && values[0]) search = values.slice(0, 1);
    if (keyword === 'search') search = values;
    if (keyword === 'options') ndots = ndotsOf(values) ?? ndots;
  }
  return {
    nameservers: nameservers.length > 0 ? nameservers.slice(0, NAMESERVERS_MAX) : ['127.0.0.1'],
    search: (search ?? domainOf(hostName)).map(withoutLastDot).slice(0, SEARCH_MAX),
    ndots,
  };
}

function ndotsOf(options: readonly string[]): number | null {
  const values = options.flatMap((option) => /^ndots:(\d+)$/.exec(option)?.[1] ?? []);
  const last = values.at(-1);
  return last === undefined ? null : Math.min(NDOTS_MAX, Number(last));
}

function domainOf(hostName: string): readonly string[] {
  const dot = hostName.indexOf('.');
  return dot === -1 || dot === hostName.length - 1 ? [] : [hostName.slice(dot + 1)];
}

/** The root, `.`, stays as the empty domain: the name as it is. */
function withoutLastDot(domain: string): string {
  return domain.replace(/\.$/, '').toLowerCase();
}
