import { afterAll, describe, expect, it } from 'vitest';
import { aDefinition, anApi } from './testing/api-for-tests.ts';

const api = anApi();
const post = (url: string, payload: object) => api.app.inject({ method: 'POST', url, headers: { authorization: `Bearer ${api.token}` }, payload });
const get = (url: string) => api.app.inject({ url, headers: { authorization: `Bearer ${api.token}` } });
afterAll(() => api.app.close());

describe('a form that is being filled in', () => {
  it('is told everything that creating would tell, and nothing is created', async () => {
    expect((await post('/v1/checks/tcp/validate', aDefinition())).json()).toEqual({ isValid: true });
    const wrong = await post('/v1/checks/tcp/validate', aDefinition({ name: '', locations: ['nowhere'] }));
    expect(wrong.statusCode).toBe(400);
    expect(wrong.json().errors.map(({ path }: { path: string }) => path)).toEqual(['name', 'locations.0']);
    expect((await get('/v1/checks')).json()).toEqual([]);
  });

  it('is offered presets, and their requests with its parameters in them', async () => {
    const listed = (await get('/v1/presets')).json();
    expect(listed.find(({ name }: { name: string }) => name === 'redis-auth')).toMatchObject({
      defaultPort: 6379, parameters: [{ name: 'password', whenUnset: 'required', isSecret: true, default: null }, { name: 'user', default: 'default' }],
    });
    const filled = (await post('/v1/presets/redis-auth/request', { parameters: { password: '{{REDIS}}' } })).json();
    expect(filled.defaultPort).toBe(6379);
    expect(filled.request.steps[0]).toEqual({ send: 'AUTH "default" "{{REDIS}}"\\r\\n', dataFormat: 'escaped' });
  });

  it('is told which parameter a preset lacks, and that there is no such preset', async () => {
    const lacking = await post('/v1/presets/redis-auth/request', {});
    expect([lacking.statusCode, lacking.json().errors[0].message]).toEqual([400, expect.stringContaining('needs the parameter password')]);
    expect((await post('/v1/presets/nothing/request', {})).statusCode).toBe(404);
  });
});
