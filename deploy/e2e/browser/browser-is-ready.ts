import { browserComesWithNpm, unpackedBrowser } from './launch-browser.ts';

/** Before the e2e files, once: files that start together would run a browser that another is still unpacking. */
export default async function browserIsReady(): Promise<void> {
  if (process.env['CHROMIUM_PATH'] === undefined && browserComesWithNpm()) await unpackedBrowser();
}
