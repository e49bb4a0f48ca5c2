import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layTree } from './lay-tree.ts';

/** Far from the repository, whose node_modules would help out otherwise. */
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'sonde-agent-tree-'));
  layTree(join(import.meta.dirname, '../..'), join(home, 'app'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function start(file: string, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [join(home, 'app', file)], { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** All it said, with its exit code. */
async function ended(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => { said += chunk.toString(); });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

describe('the agent, shipped by itself', () => {
  it('starts without its coordinator, answers its health check, and ends well at SIGTERM', async () => {
    const nobody = await closedPort();
    const child = start('deploy/agent/main.ts', {
      SONDE_COORDINATOR: `127.0.0.1:${nobody}`, SONDE_LOCATION_KEY: 'pl_0123456789abcdef', SONDE_DATA_DIR: join(home, 'data'), SONDE_AGENT_HTTP_PORT: '0',
    });
    try {
      const lines = createInterface({ input: child.stdout! });
      const [line] = (await once(lines, 'line')) as [string];
      const url = /http:\/\/127\.0\.0\.1:(\d+)\/metrics/.exec(line);
      expect(url, line).not.toBeNull();
      expect(await (await fetch(url![0])).text()).toContain('sonde_session_connected 0');
      expect(await ended(start('deploy/agent/health.ts', { SONDE_AGENT_HTTP_PORT: url![1]! }))).toEqual({ code: 0, said: '' });
      child.kill('SIGTERM');
      expect((await once(child, 'close'))[0]).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
    expect(statSync(join(home, 'data/agent-key')).mode & 0o777).toBe(0o600);
    expect(existsSync(join(home, 'data/spool.db'))).toBe(true);
  });

  it('is unhealthy when nobody answers', async () => {
    expect((await ended(start('deploy/agent/health.ts', { SONDE_AGENT_HTTP_PORT: String(await closedPort()) }))).code).toBe(1);
  });

  it('says which settings are wrong, and which mean nothing', async () => {
    const { code, said } = await ended(start('deploy/agent/main.ts', { SONDE_EGRESS_DENY: 'ten', SONDE_COORDINATER: 'x:1' }));
    expect(code).toBe(2);
    expect(said).toContain('SONDE_COORDINATOR is not set');
    expect(said).toContain("SONDE_EGRESS_DENY is 'ten'");
    expect(said).toContain('did you mean SONDE_COORDINATOR?');
  });
});

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
