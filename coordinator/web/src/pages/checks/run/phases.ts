import type { TimingsWire } from '../wire.ts';

/** The six phases of an attempt, in order; their colours tell them apart in both schemes, beside their names. */
export const PHASES = [
  { key: 'dns', name: 'DNS', about: 'resolving the name', color: '#8f6bd9' },
  { key: 'connect', name: 'Connect', about: 'until the connection was established', color: '#3b82d6' },
  { key: 'tls', name: 'TLS', about: 'the handshake', color: '#1f9e9e' },
  { key: 'send', name: 'Send', about: 'handing the bytes over', color: '#c98a12' },
  { key: 'firstByte', name: 'First byte', about: 'waiting for the first byte', color: '#d9663f' },
  { key: 'data', name: 'Data', about: 'until the last byte that counted', color: '#c2528b' },
] as const;
export type PhaseKey = (typeof PHASES)[number]['key'];

/** Where each phase began and how long it took, µs; those that did not happen are left out. */
export function waterfall(timings: TimingsWire): readonly { readonly key: PhaseKey; readonly name: string; readonly about: string; readonly color: string; readonly fromUs: number; readonly us: number }[] {
  let fromUs = 0;
  return PHASES.flatMap((phase) => {
    const us = timings[phase.key];
    const row = { ...phase, fromUs, us };
    fromUs += us;
    return us > 0 ? [row] : [];
  });
}
