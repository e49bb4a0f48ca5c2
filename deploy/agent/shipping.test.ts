import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { agentSettings } from '#agent/config.ts';
import { decideEgress } from '#shared/net/egress-policy.ts';
import { parseCidrList } from '#shared/net/parse-cidrs.ts';
import { ENTRIES } from './agent-files.ts';
import { healthUrl } from './health-url.ts';
import { AGENT_NODE_FLAGS } from './node-flags.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');

const unit = read('sonde-agent.service');
const image = read('Containerfile');
const readme = read('README.md');
const manifests = parseAllDocuments(read('kubernetes.yaml'));

/** A stopping agent drains for 8 s and flushes for 3 s, after handing its slots over. */
const STOP_SECONDS = 20;

test.each([['the unit', unit], ['the image', image], ['the page', readme], ['the manifests', read('kubernetes.yaml')]])('%s names settings that the agent has', (_, text) => {
  const known = Object.values(agentSettings).map(({ variable }) => variable);
  // Two are named for what they are not: a family of settings, and a variable that Kubernetes would set.
  const named = [...new Set(text.match(/SONDE_[A-Z_]*[A-Z]/g))].filter((name) => name !== 'SONDE_EGRESS' && name !== 'SONDE_AGENT_PORT');
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

describe('the systemd unit', () => {
  it.each([
    'DynamicUser=yes', 'NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'ProtectSystem=strict', 'ProtectHome=yes', 'PrivateDevices=yes',
    'PrivateUsers=yes', 'RestrictNamespaces=yes', 'SystemCallFilter=@system-service', 'SystemCallFilter=~@privileged @resources',
    'UMask=0077', 'StateDirectoryMode=0700', 'Restart=always',
    // Netlink: without it the agent cannot know its own addresses, and would not refuse them.
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
  ])('says %s', (line) => {
    expect(unit.split('\n')).toContain(line);
  });

  it('bounds memory, and waits for the drain', () => {
    expect(unit).toMatch(/^MemoryMax=\d+M$/m);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThanOrEqual(STOP_SECONDS);
  });

  it('gives the key as a credential, and never in the environment', () => {
    expect(unit).toContain('LoadCredential=location-key:');
    expect(unit).toContain('Environment=SONDE_LOCATION_KEY_FILE=%d/location-key');
    expect(unit).not.toMatch(/SONDE_LOCATION_KEY=/);
  });
});

describe('the image', () => {
  it('starts as nobody from nothing, stops by SIGTERM, and has one place to write', () => {
    for (const line of ['FROM scratch', 'USER 65532:65532', 'STOPSIGNAL SIGTERM', 'VOLUME ["/var/lib/sonde"]']) expect(image.split('\n')).toContain(line);
    expect(image).toContain('SONDE_DATA_DIR=/var/lib/sonde');
  });

  it('runs only files that are there, without a shell', () => {
    const commands = [...image.matchAll(/^(?:ENTRYPOINT|HEALTHCHECK.*CMD) (\[.*\])$/gm)].map((match) => JSON.parse(match[1]!) as string[]);
    expect(commands.map(([node]) => node)).toEqual(['/opt/sonde/bin/node', '/opt/sonde/bin/node']);
    const files = commands.map((command) => command.at(-1)!.replace('/opt/sonde/', ''));
    expect(files.toSorted()).toEqual([...ENTRIES].sort());
    for (const file of [...files, /ExecStart=.* \/opt\/sonde\/(\S+)$/m.exec(unit)![1]!]) expect(existsSync(join(ROOT, file))).toBe(true);
  });

  it('and the unit and the page start Node with the same flags, which this Node knows', () => {
    const flags = AGENT_NODE_FLAGS.join(' ');
    expect(unit).toContain(`ExecStart=/opt/sonde/bin/node ${flags} /opt/sonde/deploy/agent/main.ts\n`);
    expect(image).toContain(`ENTRYPOINT ${JSON.stringify(['/opt/sonde/bin/node', ...AGENT_NODE_FLAGS, '/opt/sonde/deploy/agent/main.ts']).replaceAll(',', ', ')}\n`);
    expect(readme).toContain(`node ${flags} deploy/agent/main.ts\n`);
    const { status, stderr } = spawnSync(process.execPath, [...AGENT_NODE_FLAGS, '--eval', ''], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('the health check', () => {
  it.each([
    [{}, `http://${agentSettings.httpHost.whenUnset.kind === 'value' && agentSettings.httpHost.whenUnset.shown}:${agentSettings.httpPort.whenUnset.kind === 'value' && agentSettings.httpPort.whenUnset.shown}/healthz`],
    [{ SONDE_AGENT_HTTP_HOST: '0.0.0.0', SONDE_AGENT_HTTP_PORT: '9000' }, 'http://127.0.0.1:9000/healthz'],
    [{ SONDE_AGENT_HTTP_HOST: '::' }, 'http://[::1]:8081/healthz'],
    [{ SONDE_AGENT_HTTP_HOST: '10.0.0.7', SONDE_AGENT_HTTP_PORT: ' ' }, 'http://10.0.0.7:8081/healthz'],
  ])('with %j asks where the agent listens', (env, url) => {
    expect(healthUrl(env)).toBe(url);
  });
});

describe('the Kubernetes manifests', () => {
  const objects = manifests.map((document) => document.toJS() as Manifest);
  const [set] = objects.filter(({ kind }) => kind === 'StatefulSet');
  const pod = set!.spec.template.spec;
  const [container] = pod.containers;

  it('are YAML, each with a kind, a version and the same namespace', () => {
    expect(manifests.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(objects.map(({ kind }) => kind)).toEqual(['Service', 'StatefulSet', 'PodDisruptionBudget', 'NetworkPolicy']);
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['sonde']));
  });

  it('run without root, rights, a writable root or a token of the cluster', () => {
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false, securityContext: { runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532, seccompProfile: { type: 'RuntimeDefault' } } });
    expect(container).toMatchObject({
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      resources: { limits: { memory: expect.any(String) } },
    });
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(STOP_SECONDS);
  });

  it('mount what they name, and ask for health by a port that there is', () => {
    const volumes = [...pod.volumes.map(({ name }) => name), ...set!.spec.volumeClaimTemplates.map(({ metadata }) => metadata.name)];
    expect(container!.volumeMounts.map(({ name }) => name).toSorted()).toEqual(volumes.toSorted());
    for (const probe of [container!.startupProbe, container!.livenessProbe, container!.readinessProbe]) expect(container!.ports.map(({ name }) => name)).toContain(probe.httpGet.port);
  });
});

describe('the page', () => {
  it('gives a list that leaves exactly one network open', () => {
    const [, text] = /^SONDE_EGRESS_DENY=(0\.0\.0\.0\/5\S+)$/m.exec(readme)!;
    const parsed = parseCidrList(text!);
    const localDeny = parsed.ok ? parsed.list : [];
    const isOpen = (address: string): boolean => decideEgress(address, { kind: 'private', localAllow: [], localDeny, serverAllow: [], serverDeny: [], ownAddresses: [] }).allowed;
    expect(['10.20.0.0', '10.20.3.4', '10.20.255.255'].map(isOpen)).toEqual([true, true, true]);
    expect(['10.19.255.255', '10.21.0.0', '8.8.8.8', '192.168.1.1', '172.16.0.1', '198.51.100.1', '2001:db8::1', '2606:4700::1', '::ffff:8.8.8.8'].map(isOpen)).not.toContain(true);
  });

  it('links to files that are there', () => {
    for (const [, target] of readme.matchAll(/\]\(([^)#:]+)\)/g)) expect(existsSync(join(import.meta.dirname, target!)), target).toBe(true);
  });
});

type Named = { readonly name: string };
type Probe = { readonly httpGet: { readonly port: string } };
type Manifest = {
  readonly kind: string;
  readonly metadata: Named & { readonly namespace: string };
  readonly spec: {
    readonly template: { readonly spec: {
      readonly terminationGracePeriodSeconds: number;
      readonly volumes: readonly Named[];
      readonly containers: readonly {
        readonly volumeMounts: readonly Named[]; readonly ports: readonly Named[];
        readonly startupProbe: Probe; readonly livenessProbe: Probe; readonly readinessProbe: Probe;
      }[];
    } };
    readonly volumeClaimTemplates: readonly { readonly metadata: Named }[];
  };
};
