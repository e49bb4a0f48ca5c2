import type { AssertionResult } from '#shared/run/result.ts';
import { copyMessageOf } from './copy-message.ts';
import { UuidMemory, type Growing } from './growing-buffer.ts';
import { detailsOf, RESULT_COLUMNS, type IngestResult } from './result-columns.ts';

const USUAL_ROW_BYTES = 560;

/**
 * The rows as COPY reads them: `encodeCopyMessage(RESULT_COLUMNS, rows)`, field by field by hand, which takes a third
 * of the CPU that asking each column does. Results are most of what a coordinator writes; nothing else is worth it.
 */
export function encodeCopyOfResults(rows: readonly IngestResult[]): Buffer {
  const uuids = { account: new UuidMemory(), check: new UuidMemory(), owed: new UuidMemory(), executed: new UuidMemory(), agent: new UuidMemory() };
  return copyMessageOf(rows, 64 + rows.length * USUAL_ROW_BYTES, (into, row) => writeResult(into, row, uuids));
}

type Uuids = Readonly<Record<'account' | 'check' | 'owed' | 'executed' | 'agent', UuidMemory>>;

/** In the order of `RESULT_COLUMNS`. */
function writeResult(into: Growing, row: IngestResult, uuids: Uuids): void {
  const { result } = row;
  into.int16(RESULT_COLUMNS.length);
  into.uuidAgain(uuids.account, row.accountId);
  into.instantField(result.dueAtMs);
  into.uuid(result.runId);
  into.int2Field(result.attempt);
  into.uuidAgain(uuids.check, result.checkId);
  into.int4Field(result.checkRevision);
  into.uuidAgain(uuids.owed, result.locationOwed);
  into.uuidAgain(uuids.executed, result.locationExecuted);
  into.uuidAgain(uuids.agent, row.agentId);
  into.instantField(result.startedAtMs);
  into.int8Field(result.latenessUs);
  into.int8Field(result.clockOffsetUs);
  into.int8Field(result.clockErrorUs);
  writeMeasured(into, row);
  writeWords(into, row);
  writeAnswer(into, row);
}

function writeMeasured(into: Growing, { isSurplus, result: { report, isFinal, overMaxResponseTime } }: IngestResult): void {
  const { timings } = report;
  into.int4Field(timings.dnsUs);
  into.int4Field(timings.connectUs);
  into.int4Field(timings.tlsUs);
  into.int4Field(timings.sendUs);
  into.int4Field(timings.firstByteUs);
  into.int4Field(timings.dataUs);
  into.int4Field(timings.totalUs);
  into.int4Field(timings.idleUs);
  into.int4Field(report.bytesSent);
  into.int8Field(report.bytesReceived);
  into.int4Field(report.uncertaintyUs);
  into.int4Field(report.loopDelayUs);
  if (report.synRetransmits === undefined) into.nullField();
  else into.int2Field(report.synRetransmits);
  into.boolField(isFinal);
  into.boolField(isSurplus);
  into.boolField(overMaxResponseTime);
  into.boolField(report.established);
}

function writeWords(into: Growing, { result: { trigger, outcome, failure, report } }: IngestResult): void {
  into.text(trigger);
  into.text(outcome);
  into.text(report.stopReason);
  into.text(report.clock);
  if (failure === null) {
    for (let field = 0; field < 4; field += 1) into.nullField();
  } else {
    into.text(failure.phase);
    into.text(failure.code);
    into.text(failure.message);
    if (failure.step === undefined) into.nullField();
    else into.int2Field(failure.step);
  }
}

/** Answers that passed, as JSON; most are the same few again. Beyond, all are forgotten. */
const passedJson = new Map<string, string>();
const PASSED_MAX = 1_000;
const PASSED_CHARS_MAX = 100;

function assertionsJson(assertions: readonly AssertionResult[]): string {
  const [only] = assertions;
  if (assertions.length > 1 || !only?.passed || only.error !== null || only.actual.length > PASSED_CHARS_MAX) return JSON.stringify(assertions);
  const known = passedJson.get(only.actual);
  if (known !== undefined) return known;
  if (passedJson.size >= PASSED_MAX) passedJson.clear();
  const json = JSON.stringify(assertions);
  passedJson.set(only.actual, json);
  return json;
}

function writeAnswer(into: Growing, { result }: IngestResult): void {
  const { report: { remoteAddress, localAddress, response }, assertions } = result;
  if (remoteAddress === null) into.nullField();
  else into.text(remoteAddress);
  if (localAddress === null) into.nullField();
  else into.text(localAddress);
  if (response.length === 0) into.nullField();
  else into.bytesField(response);
  if (assertions.length === 0) into.nullField();
  else into.text(assertionsJson(assertions));
  const details = detailsOf(result);
  if (details === null) into.nullField();
  else into.text(JSON.stringify(details));
}
