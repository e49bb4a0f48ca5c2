import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sparticuz from '@sparticuz/chromium';
import { chromium, type Browser } from 'playwright-core';

const LAUNCH_WITHIN_MS = 60_000;
/** It asks nobody: neither updates nor anything else leaves the machine. */
const QUIET = ['--disable-background-networking', '--disable-quic', '--disable-component-update', '--no-first-run', '--no-sandbox', '--disable-dev-shm-usage'];

/** The Chromium that comes with npm on Linux x64; elsewhere the one in CHROMIUM_PATH. */
export async function launchBrowser(): Promise<Browser> {
  const given = process.env['CHROMIUM_PATH'];
  if (given !== undefined && !existsSync(given)) throw new Error(`CHROMIUM_PATH is ${given}, and there is nothing`);
  if (given === undefined && !browserComesWithNpm()) {
    throw new Error(`no Chromium comes with npm for ${process.platform} ${process.arch}: set CHROMIUM_PATH to an installed one`);
  }
  return chromium.launch({
    executablePath: given ?? await unpackedBrowser(), headless: true, timeout: LAUNCH_WITHIN_MS,
    // Not the package's own list: it is for lambdas, and takes away the security that pages are tested with.
    args: QUIET,
  });
}

export function browserComesWithNpm(): boolean {
  return process.platform === 'linux' && process.arch === 'x64';
}

/** Beside the packages: what another user or an interrupted run left in the machine's own folder for such things may not be run. */
export async function unpackedBrowser(): Promise<string> {
  const folder = fileURLToPath(new URL('../../../node_modules/.cache/browser', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    return await sparticuz.executablePath();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}
