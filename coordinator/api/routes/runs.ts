import { z } from 'zod';
import type { Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import type { Problem } from '#shared/check/problem.ts';
import type { Variables } from '#shared/check/variables.ts';
import { effectiveCheck } from '../../planning/check-group.ts';
import { probeSpecOf, REDACTION, variableProblems } from '../../planning/expand-check.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, invalidInput } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { knownFor, unknownLocation } from '../check-input.ts';
import { validated } from '../validate.ts';
import { CheckRunBody } from '../wire/check-body.ts';
import { checkIdParam } from '../wire/query.ts';
import { RESPONSE_BYTES_IN_ONE, resultEntity } from '../wire/result-entity.ts';
import { CheckResultEntity, type CheckResultWire } from '../wire/result-schema.ts';
import { savedCheck } from './checks.ts';

/** For the way to the agent and back, beyond the attempt's own deadline. */
const ROUND_TRIP_MS = 5_000;
/** Runs of one account that wait for an answer at once; each holds a request for up to 50 s. */
const RUNS_IN_FLIGHT_MAX = 20;

const RunBody = z.strictObject({
  location: z.string().min(1).max(255).optional().meta({ description: 'where to run; left out, the first location of the check' }),
});

/** Run now: 200 with the result whatever the target did, 503 without an agent, 504 without an answer (rules.md 29). */
export function runRoutes(app: ApiApp, deps: ApiDeps): void {
  const { store } = deps;
  const runNow = runnerOf(deps);

  app.post('/v1/checks/tcp/run', {
    // Not `checks:run`: whoever may only run what is saved must not probe what they like.
    config: { scope: 'checks:write' },
    schema: {
      tags: ['runs'], summary: 'Run a definition without saving it',
      description: 'A check as for creating one, plus `location`. Name, schedule and locations may be left out. Neither stored nor metered.',
      body: CheckRunBody, response: { 200: CheckResultEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const locations = await store.listLocations(accountId);
    const code = field(request.body, 'location');
    const location = typeof code === 'string' ? findLocation(locations, code) : undefined;
    const parsed = parseCheck(definitionAt(request.body, location ?? NOWHERE));
    const { variables } = await knownFor(store, accountId, request.body);
    const problems = [
      ...(location ? [] : [locationProblem(code, locations)]),
      ...(parsed.ok ? variableProblems(parsed.check.request, variables) : parsed.problems),
    ];
    if (!parsed.ok || !location || problems.length > 0) throw invalidInput(problems);
    return reply.send(await runNow(accountId, location, { check: parsed.check, variables }, null));
  });

  app.post('/v1/checks/:id/run', {
    config: { scope: 'checks:run' },
    schema: {
      tags: ['runs'], summary: 'Run a check now', description: 'Outside the schedule; stored and metered.',
      params: checkIdParam, body: RunBody.optional(), response: { 200: CheckResultEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const saved = await savedCheck(store, accountId, request.params.id);
    const { location: code } = validated(RunBody, request.body ?? {});
    const locations = await store.listLocations(accountId);
    const group = saved.check.groupId === null ? null : await store.getGroup(accountId, saved.check.groupId);
    const { check } = effectiveCheck(saved.check, group?.group ?? null);
    const location = code === undefined ? firstOf(check, locations) : findLocation(locations, code);
    if (!location) throw invalidInput([locationProblem(code ?? check.locations[0] ?? check.privateLocations[0], locations)]);
    return reply.send(await runNow(accountId, location, { check, variables: await store.variablesFor(accountId, check.groupId) }, { checkId: saved.id, revision: saved.revision }));
  });
}

/** A definition and what its names stand for. */
type What = { readonly check: Check; readonly variables: Variables };
type Saved = { readonly checkId: string; readonly revision: number } | null;

function runnerOf({ shots, clock }: ApiDeps): (accountId: string, location: Location, what: What, saved: Saved) => Promise<CheckResultWire> {
  const inFlight = new Map<string, number>();
  return async (accountId, location, { check, variables }, saved) => {
    const running = inFlight.get(accountId) ?? 0;
    if (running >= RUNS_IN_FLIGHT_MAX) {
      throw new ApiError(429, `${RUNS_IN_FLIGHT_MAX} runs of this account are waiting for an answer already`, { headers: { 'retry-after': '5' } });
    }
    inFlight.set(accountId, running + 1);
    try {
      const timeoutMs = check.maxResponseTime + ROUND_TRIP_MS;
      const { spec, needs } = probeSpecOf(check, variables);
      if (needs.some((need) => need !== REDACTION)) throw invalidInput(variableProblems(check.request, variables));
      const answer = await shots.run({ accountId, location, spec, saved, timeoutMs });
      switch (answer.kind) {
        case 'no_agent': throw new ApiError(503, `no agent is connected in location '${location.code}'`, { headers: { 'retry-after': '5' } });
        case 'timeout': throw new ApiError(504, `location '${location.code}' did not answer within ${timeoutMs / 1000} s`);
        case 'done': return resultEntity({
          ...answer.result, isSurplus: false, receivedAtMs: clock.nowMs(), isUnsaved: saved === null, check,
          locationOwedCode: location.code, locationExecutedCode: location.code,
        }, RESPONSE_BYTES_IN_ONE);
      }
    } finally {
      const left = (inFlight.get(accountId) ?? 1) - 1;
      if (left > 0) inFlight.set(accountId, left);
      else inFlight.delete(accountId);
    }
  };
}

function firstOf(check: Check, locations: readonly Location[]): Location | undefined {
  const [publicCode] = check.locations;
  if (publicCode !== undefined) return locations.find((location) => location.kind === 'public' && location.code === publicCode);
  return locations.find((location) => location.kind === 'private' && location.code === check.privateLocations[0]);
}

/** A code may name a public and a private location; the public one goes first, as in a check. */
function findLocation(locations: readonly Location[], code: string): Location | undefined {
  const named = locations.filter((location) => location.code === code);
  return named.find((location) => location.kind === 'public') ?? named[0];
}

/** Stands in for an unknown location, so that what else is wrong is told together with it. */
const NOWHERE = { code: 'nowhere', kind: 'public' } as const;

/** The definition as a whole check that runs in this location alone. */
function definitionAt(body: unknown, location: Pick<Location, 'code' | 'kind'>): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const { location: _location, ...definition } = body as Record<string, unknown>;
  const isPublic = location.kind === 'public';
  return {
    name: 'unsaved run', ...definition,
    locations: isPublic ? [location.code] : [], privateLocations: isPublic ? [] : [location.code],
  };
}

function locationProblem(code: unknown, locations: readonly Location[]): Problem {
  return unknownLocation('location', code, locations.map((location) => location.code).sort());
}

function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}
