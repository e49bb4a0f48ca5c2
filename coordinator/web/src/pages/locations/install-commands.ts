import type { AgentDoor } from './fleet.ts';

export type Installation = { readonly key: string; /** Under which this page was reached. */ readonly reachedHost: string; readonly door: AgentDoor };
export type Way = { readonly id: string; readonly label: string; readonly about: string; readonly commands: string };

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

/** The ways to run an agent, as in deploy/agent/README.md, with the key and the address in their places. */
export function installCommands({ key, reachedHost, door }: Installation): readonly Way[] {
  const host = (door.host ?? reachedHost).replace(/^\[|\]$/g, '');
  const address = `${host.includes(':') ? `[${host}]` : host}:${door.port}`;
  const isOwn = door.tls === 'own';
  const plaintext = door.tls === 'none' && !LOOPBACK.has(host) ? ['SONDE_FLEET_PLAINTEXT=1'] : [];
  const settings = [`SONDE_COORDINATOR=${address}`, ...plaintext];
  return [
    {
      id: 'container', label: 'Container', about: 'Needs the image: node deploy/agent/build-image.ts makes it. Docker or Podman; runs without root and without any capability.',
      commands: lines(
        keyFile('install -m 0600 -o 65532 -g 65532 /dev/stdin ./location-key', key),
        `docker run -d --name sonde-agent --restart unless-stopped \\`,
        `  --read-only --cap-drop ALL --security-opt no-new-privileges --memory 512m --pids-limit 64 --stop-timeout 30 \\`,
        `  -v sonde-agent:/var/lib/sonde -v "$PWD/location-key:/run/sonde/key:ro" \\`,
        isOwn && `  -v "$PWD/ca.pem:/run/sonde/ca.pem:ro" -e SONDE_FLEET_TLS_CA=/run/sonde/ca.pem \\`,
        `  ${settings.map((setting) => `-e ${setting}`).join(' ')} -e SONDE_LOCATION_KEY_FILE=/run/sonde/key \\`,
        `  sonde-agent:${door.version}`,
      ),
    },
    {
      id: 'systemd', label: 'systemd', about: 'In a clone of the project; what is laid out in /opt/sonde brings its own Node.',
      commands: lines(
        'sudo node deploy/agent/build-tree.ts /opt/sonde',
        'sudo install -d -m 0755 /etc/sonde',
        keyFile('sudo install -m 0600 /dev/stdin /etc/sonde/location-key', key),
        isOwn && 'sudo install -m 0644 ca.pem /etc/sonde/ca.pem',
        `printf '%s\\n' ${[...settings, ...(isOwn ? ['SONDE_FLEET_TLS_CA=/etc/sonde/ca.pem'] : [])].join(' ')} | sudo install -m 0600 /dev/stdin /etc/sonde/agent.env`,
        'sudo install -m 0644 /opt/sonde/sonde-agent.service /etc/systemd/system/',
        'sudo systemctl daemon-reload && sudo systemctl enable --now sonde-agent',
      ),
    },
    {
      id: 'kubernetes', label: 'Kubernetes', about: `Two agents that take over from each other. In kubernetes.yaml, put ${address} and your image first.`,
      commands: lines(
        'kubectl create namespace sonde',
        keyFile('kubectl -n sonde create secret generic sonde-location-key --from-file=key=/dev/stdin', key),
        isOwn && 'kubectl -n sonde create configmap sonde-ca --from-file=ca.pem   # mount it, and name it in SONDE_FLEET_TLS_CA',
        `sed 's/sonde\\.example\\.com:8090/${address}/' deploy/agent/kubernetes.yaml | kubectl apply -f -`,
        'kubectl -n sonde rollout status statefulset/sonde-agent',
      ),
    },
    {
      id: 'binary', label: 'Plain Node', about: 'With Node 24, in a clone of the project: the quickest way to try it.',
      commands: lines(
        keyFile('install -m 0600 /dev/stdin ./location-key', key),
        `${[...settings, ...(isOwn ? ['SONDE_FLEET_TLS_CA=./ca.pem'] : [])].join(' ')} SONDE_LOCATION_KEY_FILE=./location-key SONDE_DATA_DIR=./agent-data \\`,
        '  node deploy/agent/main.ts',
      ),
    },
  ];
}

/** A here-document: the key is in no list of processes. */
function keyFile(command: string, key: string): string {
  return `${command} <<'KEY'\n${key}\nKEY`;
}

function lines(...all: readonly (string | false)[]): string {
  return all.filter((line) => line !== false).join('\n');
}
