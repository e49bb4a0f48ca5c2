import { Buffer } from 'node:buffer';
import type { AttemptResult } from '#shared/run/result.ts';
import type { SpoolItem } from './spool.ts';

/**
 * An item as one blob: a version byte, the length of the JSON (u32, little-endian), the JSON, then the bytes the
 * target answered, which would be half as long again in base64. JSON with names, so that a newer agent reads what
 * an older one left behind.
 */
export function encodeItem(item: SpoolItem): Uint8Array {
  const response = item.kind === 'result' ? item.result.report.response : NO_BYTES;
  const json = JSON.stringify(item.kind === 'result' ? withoutResponse(item.result) : item);
  const jsonBytes = Buffer.byteLength(json);
  const blob = Buffer.allocUnsafe(HEADER_BYTES + jsonBytes + response.length);
  blob.writeUInt8(VERSION, 0);
  blob.writeUInt32LE(jsonBytes, 1);
  blob.write(json, HEADER_BYTES);
  blob.set(response, HEADER_BYTES + jsonBytes);
  return blob;
}

/** Throws when the blob is none of `encodeItem`'s; the caller drops it and tells. */
export function decodeItem(blob: Uint8Array): SpoolItem {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.length < HEADER_BYTES || bytes[0] !== VERSION) throw new Error(`not a spooled item of version ${VERSION}`);
  const jsonEnd = HEADER_BYTES + bytes.readUInt32LE(1);
  if (jsonEnd > bytes.length) throw new Error('a spooled item is cut off');
  const item = JSON.parse(bytes.toString('utf8', HEADER_BYTES, jsonEnd)) as SpoolItem;
  if (item.kind === 'gap') return item;
  if (item.kind !== 'result' || !item.result.report) throw new Error('a spooled item is neither a result nor a gap');
  const report = { ...item.result.report, response: new Uint8Array(bytes.subarray(jsonEnd)) };
  return { kind: 'result', result: { ...item.result, report } };
}

function withoutResponse(result: AttemptResult): object {
  return { kind: 'result', result: { ...result, report: { ...result.report, response: undefined } } };
}

const VERSION = 1;
const HEADER_BYTES = 5;
const NO_BYTES = new Uint8Array();
