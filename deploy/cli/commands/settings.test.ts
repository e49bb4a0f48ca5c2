import { describe, expect, it } from 'vitest';
import { shownSettings } from './settings.ts';

describe('sonde config', () => {
  it('shows every setting with its value, origin and problem, and no secret', () => {
    const shown = shownSettings({
      SONDE_API_KEY: 'hunter2hunter2hunter2', DATABASE_URL: 'postgres://me:hunter2@db/x', SONDE_HTTP_PORT: '70000', SONDE_LOCATION_KEY: 'hunter2',
    });
    const of = (variable: string): unknown => {
      const { value, from, default: fallback, readBy, problem } = shown.find((one) => one.variable === variable) ?? {};
      return { value, from, fallback, readBy, hasProblem: problem !== null };
    };
    expect(of('SONDE_API_KEY')).toEqual({ value: '[redacted]', from: 'environment', fallback: '(made once, kept in the data directory)', readBy: ['coordinator', 'cli'], hasProblem: false });
    expect(of('DATABASE_URL')).toEqual({ value: 'postgres://me:redacted@db/x', from: 'environment', fallback: null, readBy: ['coordinator'], hasProblem: false });
    expect(of('SONDE_HTTP_PORT')).toEqual({ value: '70000', from: 'environment', fallback: '8080', readBy: ['coordinator', 'cli'], hasProblem: true });
    expect(of('SONDE_COORDINATOR')).toEqual({ value: null, from: 'not set', fallback: null, readBy: ['agent'], hasProblem: false });
    expect(of('SONDE_AGENT_CONCURRENCY')).toEqual({ value: '1000', from: 'default', fallback: '1000', readBy: ['agent'], hasProblem: false });
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });
});
