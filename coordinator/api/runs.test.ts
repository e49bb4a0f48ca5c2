import { afterAll, describe, expect, it } from 'vitest';
import { aDefinition, anApi } from './testing/api-for-tests.ts';
import { aStoredResult } from './testing/a-stored-result.ts';
import { CheckResultEntity } from './wire/result-schema.ts';

const api = anApi();
const { app } = api;
const headers = { authorization: `Bearer ${api.token}` };
const { agentId, ...attempt } = aStoredResult();
const done = { kind: 'done', result: { ...attempt, agentId } } as const;
const runUnsaved = (payload: object) => app.inject({ method: 'POST', url: '/v1/checks/tcp/run', headers, payload });

async function aSavedCheck(definition = aDefinition()): Promise<string> {
  return (await app.inject({ method: 'POST', url: '/v1/checks/tcp', headers, payload: definition })).json().id;
}

afterAll(() => app.close());

describe('running a definition that is not saved', () => {
  it('needs no more than a request and a location, and answers with the full result', async () => {
    api.answerShotsWith(done);
    const answer = await runUnsaved({ location: 'local-2', request: { hostname: '127.0.0.1', port: 22, data: 'hi' } });
    expect(answer.statusCode).toBe(200);
    expect(CheckResultEntity.parse(answer.json())).toEqual(answer.json());
    expect(answer.json()).toMatchObject({ checkId: null, name: 'unsaved run', tcpCheckResult: { checkRevision: null, locations: { owed: 'local-2', executed: 'local-2' } } });
    expect(api.shots.at(-1)).toMatchObject({ location: { code: 'local-2' }, saved: null, spec: { hostname: '127.0.0.1', port: 22, payload: Buffer.from('hi') }, timeoutMs: 10_000 });
  });

  it('runs in a private location of the account too', async () => {
    api.answerShotsWith(done);
    expect((await runUnsaved({ location: 'dc-1', request: { hostname: '127.0.0.1', port: 22 } })).statusCode).toBe(200);
    expect(api.shots.at(-1)?.location.kind).toBe('private');
  });

  it('is 200 when the target failed', async () => {
    api.answerShotsWith({ kind: 'done', result: { ...done.result, outcome: 'failed', failure: { phase: 'connect', code: 'ECONNREFUSED', message: 'refused' } } });
    const answer = await runUnsaved({ location: 'local-1', request: { hostname: '127.0.0.1', port: 1 } });
    expect([answer.statusCode, answer.json().hasFailures, answer.json().tcpCheckResult.error.code]).toEqual([200, true, 'ECONNREFUSED']);
  });

  it('tells an unknown or missing location together with what else is wrong', async () => {
    const shots = api.shots.length;
    const unknown = await runUnsaved({ location: 'mars', request: { hostname: '127.0.0.1', port: 70_000 } });
    expect(unknown.json()).toMatchObject({ statusCode: 400, errors: [{ path: 'location', value: 'mars', limit: 'dc-1 | local-1 | local-2' }, { path: 'request.port' }] });
    const missing = await runUnsaved({ request: { hostname: '127.0.0.1', port: 22 } });
    expect(missing.json()).toMatchObject({ statusCode: 400, errors: [{ path: 'location', message: 'location: is missing; there is dc-1, local-1, local-2' }] });
    expect(api.shots).toHaveLength(shots);
  });
});

describe('running a saved check', () => {
  it('goes to its first location unless another is named', async () => {
    api.answerShotsWith(done);
    const id = await aSavedCheck(aDefinition({ locations: ['local-2', 'local-1'] }));
    const plain = await app.inject({ method: 'POST', url: `/v1/checks/${id}/run`, headers });
    expect(plain.json()).toMatchObject({ checkId: attempt.checkId, name: 'redis', tcpCheckResult: { checkRevision: 3 } });
    expect(api.shots.at(-1)).toMatchObject({ location: { code: 'local-2' }, saved: { checkId: id, revision: 1 } });
    await app.inject({ method: 'POST', url: `/v1/checks/${id}/run`, headers, payload: { location: 'dc-1' } });
    expect(api.shots.at(-1)?.location.code).toBe('dc-1');
  });

  it('goes to its private location when it has no public one', async () => {
    api.answerShotsWith(done);
    const id = await aSavedCheck(aDefinition({ locations: [], privateLocations: ['dc-1'] }));
    expect((await app.inject({ method: 'POST', url: `/v1/checks/${id}/run`, headers, payload: {} })).statusCode).toBe(200);
    expect(api.shots.at(-1)?.location.code).toBe('dc-1');
  });

  it('is 503 without an agent and 504 without an answer in time', async () => {
    const id = await aSavedCheck();
    api.answerShotsWith({ kind: 'no_agent' });
    const nobody = await app.inject({ method: 'POST', url: `/v1/checks/${id}/run`, headers });
    expect([nobody.statusCode, nobody.json().message, nobody.headers['retry-after']]).toEqual([503, "no agent is connected in location 'local-1'", '5']);
    api.answerShotsWith({ kind: 'timeout' });
    const late = await app.inject({ method: 'POST', url: `/v1/checks/${id}/run`, headers });
    expect([late.statusCode, late.json().message]).toEqual([504, "location 'local-1' did not answer within 10 s"]);
  });

  it('names an unknown location and an unknown field', async () => {
    const id = await aSavedCheck();
    const run = (payload: object) => app.inject({ method: 'POST', url: `/v1/checks/${id}/run`, headers, payload });
    expect((await run({ location: 'mars' })).json()).toMatchObject({ statusCode: 400, errors: [{ path: 'location', value: 'mars' }] });
    expect((await run({ locaton: 'local-1' })).json()).toMatchObject({ statusCode: 400, errors: [{ path: 'locaton', limit: 'location' }] });
  });

  it('is 404 for a check that does not exist', async () => {
    expect((await app.inject({ method: 'POST', url: '/v1/checks/ffffffff-ffff-4fff-8fff-ffffffffffff/run', headers })).statusCode).toBe(404);
  });

  it('waits for at most 20 answers of an account at once', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => { release = resolve; });
    const own = anApi({ shots: { run: async () => { await gate; return { kind: 'timeout' }; } } });
    const run = () => own.app.inject({ method: 'POST', url: '/v1/checks/tcp/run', headers: { authorization: `Bearer ${own.token}` }, payload: { location: 'local-1', request: { hostname: '127.0.0.1', port: 22 } } });
    const statuses = Promise.all(Array.from({ length: 21 }, async () => {
      const { statusCode } = await run();
      // The one that is refused is what lets the others go: none of them can be done before it.
      if (statusCode === 429) release();
      return statusCode;
    }));
    expect((await statuses).sort()).toEqual([429, ...Array.from({ length: 20 }, () => 504)]);
    expect((await run()).statusCode).toBe(504);
    await own.app.close();
  });
});
