import { describe, expect, test } from 'vitest';
import { aDefinition, anApi } from './testing/api-for-tests.ts';

/** `local-1` can run 1,000 attempts at once. */
function anApiAt(demand: number) {
  const asked: (string | undefined)[] = [];
  const api = anApi({ demand: { in: (_, exceptCheckId) => { asked.push(exceptCheckId); return demand; } } });
  const send = (method: 'POST' | 'PUT' | 'GET', url: string, payload?: object) =>
    api.app.inject({ method, url, headers: { authorization: `Bearer ${api.token}` }, ...(payload ? { payload } : {}) });
  return { send, asked };
}

describe('the load of a location', () => {
  test('is told where locations are listed', async () => {
    const { send } = anApiAt(250);
    expect((await send('GET', '/v1/locations')).json()).toContainEqual(expect.objectContaining({ code: 'local-1', load: 0.25 }));
  });

  test('beyond its capacity is warned of when a check is saved, which is saved all the same', async () => {
    const { send, asked } = anApiAt(1_400);
    const created = await send('POST', '/v1/checks/tcp', aDefinition());
    expect(created.statusCode).toBe(201);
    expect(String(created.headers['sonde-warning'])).toContain("location 'local-1' at 140 % of its capacity");
    const { id } = created.json() as { id: string };
    const replaced = await send('PUT', `/v1/checks/${id}`, aDefinition({ name: 'other' }));
    expect(replaced.statusCode).toBe(200);
    expect(String(replaced.headers['sonde-warning'])).toContain('140 %');
    expect(asked.at(-1)).toBe(id);
  });

  test('within it, and of a check that is switched off, is not', async () => {
    expect((await anApiAt(100).send('POST', '/v1/checks/tcp', aDefinition())).headers['sonde-warning']).toBeUndefined();
    expect((await anApiAt(1_400).send('POST', '/v1/checks/tcp', aDefinition({ activated: false }))).headers['sonde-warning']).toBeUndefined();
  });
});
