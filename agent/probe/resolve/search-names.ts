import type { Answer } from './answer.ts';
import type { ResolvConf } from './resolv-conf.ts';

export type SearchPlan = {
  /** What to ask for, in order, without last dots; at least one. */
  readonly names: readonly string[];
  /** The first is the name as written, and its answer is what counts when none is found. */
  readonly isAsIsFirst: boolean;
};

/** The order of glibc's `res_search`: as written first if it has `ndots` dots, else last; a last dot means only so. */
export function searchPlan(hostname: string, conf: Pick<ResolvConf, 'search' | 'ndots'>): SearchPlan {
  const name = hostname.replace(/\.$/, '');
  if (hostname.endsWith('.')) return { names: [name], isAsIsFirst: true };
  const dots = name.split('.').length - 1;
  const isAsIsFirst = dots >= conf.ndots;
  const inDomains = conf.search.map((domain) => (domain === '' ? name : `${name}.${domain}`));
  const names = isAsIsFirst ? [name, ...inDomains] : [...inDomains, name];
  return { names: [...new Set(names)], isAsIsFirst };
}

/**
 * Does the search go on after this answer? After NXDOMAIN, NODATA and SERVFAIL, as in glibc (one broken
 * domain must not hide the others), and past a name that a domain has made too long.
 */
export function continuesSearch(answer: Answer): boolean {
  switch (answer.kind) {
    case 'noSuchName':
    case 'noData':
    case 'invalidName':
      return true;
    case 'trouble':
      return answer.trouble === 'servfail';
    case 'addresses':
    case 'cancelled':
    case 'local':
      return false;
  }
}

/**
 * What the whole search has found: addresses; else the answer to the name as written, if that came first; else
 * what ended the search, or NODATA before SERVFAIL before the last answer. `tried` has at least one.
 */
export function searchResult<A extends Answer>(tried: readonly A[], isAsIsFirst: boolean): A {
  const last = tried.at(-1) as A;
  if (last.kind === 'addresses' || last.kind === 'cancelled' || last.kind === 'local') return last;
  if (isAsIsFirst) return tried[0] as A;
  if (!continuesSearch(last)) return last;
  return tried.find((answer) => answer.kind === 'noData') ?? tried.find((answer) => answer.kind === 'trouble') ?? last;
}
