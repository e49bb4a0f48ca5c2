/** `host:port` or `[v6]:port`, as Go's net.SplitHostPort reads it; a port is a number here. */
export function splitTarget(target: string):
  | { readonly ok: true; readonly host: string; readonly port: number }
  | { readonly ok: false; readonly problem: string } {
  const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(target) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || portText === undefined) {
    const why = target.includes(':') ? 'write an IPv6 address in brackets, and no scheme or path' : 'the port is missing';
    return { ok: false, problem: `the target '${target.slice(0, 300)}' is not host:port: ${why}` };
  }
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65_535) return { ok: false, problem: `the port '${portText.slice(0, 100)}' is not a number from 1 to 65535` };
  return { ok: true, host, port };
}
