import { X509Certificate } from 'node:crypto';
import type { TlsFacts } from '#shared/run/report.ts';

const CERTIFICATES_MAX = 1_000;
const DEPTH_MAX = 16;

/**
 * When the first certificate of a verified chain expires, ms: those that were sent and, out of the module's own
 * authorities (PEM; null: the public ones), those that lead to the root, which is not sent. Public roots outlive
 * what they sign and are left out.
 */
export function verifiedChainNotAfterMs(facts: Pick<TlsFacts, 'issuer' | 'chainNotAfterMs'>, ca: string | null): number {
  const path = ca === null ? [] : pathIn(authoritiesOf(ca), facts.issuer);
  return Math.min(facts.chainNotAfterMs, ...path.map((authority) => authority.validToDate.getTime()));
}

function pathIn(authorities: readonly X509Certificate[], issuer: string): readonly X509Certificate[] {
  const path: X509Certificate[] = [];
  for (let name = issuer; path.length < DEPTH_MAX;) {
    // Of several with one name (a renewed authority) the one that lasts longest is the one that counts.
    const [found] = authorities.filter((authority) => oneLine(authority.subject) === name)
      .toSorted((one, other) => other.validToDate.getTime() - one.validToDate.getTime());
    if (found === undefined) break;
    path.push(found);
    if (oneLine(found.issuer) === name) break;
    name = oneLine(found.issuer);
  }
  // Below an intermediate that was sent: if there is one authority only, it is the one.
  return path.length === 0 && authorities.length === 1 ? authorities : path;
}

function authoritiesOf(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.slice(0, CERTIFICATES_MAX).map((block) => new X509Certificate(block));
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}
