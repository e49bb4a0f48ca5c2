import { type Authority, type IssuedCertificate, type IssuedFacts, type ValidSpan, newAuthority } from '../certificate/authority.ts';

export type TestCertificate = IssuedCertificate;

export type TestAuthority = Pick<Authority, 'ca'> & {
  /** For localhost, 127.0.0.1 and ::1 when no names are given. */
  issue(facts?: Partial<IssuedFacts>): IssuedCertificate;
  /** Another authority below this one. */
  subordinate(name: string, facts?: Pick<Partial<IssuedFacts>, 'notAfterMs'>): TestAuthority;
};

const DAY_MS = 86_400_000;

/** A root of its own, valid for a year from yesterday unless told otherwise. */
export function aTestAuthority(name = 'Test Root', facts: Pick<Partial<IssuedFacts>, 'notAfterMs'> = {}): TestAuthority {
  return forTests(newAuthority(name, spanOf(facts)));
}

function forTests(authority: Authority): TestAuthority {
  return {
    ca: authority.ca,
    issue: ({ commonName = 'localhost', altNames = ['localhost', '127.0.0.1', '::1'], ...facts } = {}) => authority.issue({ commonName, altNames, ...spanOf(facts) }),
    subordinate: (name, facts = {}) => forTests(authority.subordinate(name, spanOf(facts))),
  };
}

function spanOf(facts: Partial<ValidSpan>): ValidSpan {
  const notAfterMs = facts.notAfterMs ?? Date.now() + 365 * DAY_MS;
  return { notAfterMs, notBeforeMs: facts.notBeforeMs ?? Math.min(Date.now(), notAfterMs) - DAY_MS };
}
