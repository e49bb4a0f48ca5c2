type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where an agent with these settings answers /healthz on its own machine. Reads the two variables itself, with the
 * agent's defaults: a health check starts a process every half minute and should not load a schema library for that.
 */
export function healthUrl(env: Environment): string {
  const host = env['SONDE_AGENT_HTTP_HOST']?.trim() || '127.0.0.1';
  const port = env['SONDE_AGENT_HTTP_PORT']?.trim() || '8081';
  const reached = LISTENS_EVERYWHERE[host] ?? host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}/healthz`;
}

const LISTENS_EVERYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
