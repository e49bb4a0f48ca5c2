import { describe, expect, it } from 'vitest';
import { AGENT_FAULT_CODES } from '#shared/run/failure.ts';
import { bindFailureCode, connectFailureCode, streamFailureCode, wasEstablished } from './error-codes.ts';

describe('who is to blame for a connect error', () => {
  it.each([
    ['ENETUNREACH', 'ERR_NO_ROUTE'], ['EHOSTUNREACH', 'ERR_NO_ROUTE'], ['EAFNOSUPPORT', 'ERR_NO_ROUTE'], ['EINVAL', 'ERR_NO_ROUTE'],
    ['EADDRNOTAVAIL', 'EADDRNOTAVAIL'], ['EMFILE', 'EMFILE'], ['ENFILE', 'ENFILE'], ['ENOBUFS', 'ENOBUFS'], ['EPERM', 'EACCES'], ['EACCES', 'EACCES'],
  ])('raised at once, %s is the agent\'s: %s', (errno, code) => {
    expect(connectFailureCode(errno, true)).toBe(code);
    expect(AGENT_FAULT_CODES.has(connectFailureCode(errno, true))).toBe(true);
  });

  it.each([
    ['ENETUNREACH', 'ENETUNREACH'], ['EHOSTUNREACH', 'EHOSTUNREACH'], ['ECONNREFUSED', 'ECONNREFUSED'], ['ETIMEDOUT', 'SOCKET_TIMEOUT'],
  ])('sent back by the network, %s is the target\'s: %s', (errno, code) => {
    expect(connectFailureCode(errno, false)).toBe(code);
    expect(AGENT_FAULT_CODES.has(connectFailureCode(errno, false))).toBe(false);
  });

  it('a refusal is the target\'s, whenever it comes', () => {
    expect(connectFailureCode('ECONNREFUSED', true)).toBe('ECONNREFUSED');
  });

  it('whatever is wrong with a source address, the agent does not have it', () => {
    expect(['EADDRNOTAVAIL', 'EINVAL', 'EADDRINUSE'].map(bindFailureCode)).toEqual(['EADDRNOTAVAIL', 'EADDRNOTAVAIL', 'EADDRNOTAVAIL']);
    expect(bindFailureCode('EACCES')).toBe('EACCES');
  });

  it('an unknown code is nobody\'s verdict', () => {
    for (const code of [connectFailureCode('EWHAT', true), streamFailureCode('EWHAT')]) expect(code).toBe('ERR_AGENT_INTERNAL');
  });

  it('only a reset stands for a connection that had been there', () => {
    expect(['ECONNRESET', 'EPIPE', 'ECONNREFUSED', 'ETIMEDOUT'].map(wasEstablished)).toEqual([true, true, false, false]);
  });
});
