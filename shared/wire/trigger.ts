import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Trigger } from '../run/result.ts';
import { UnknownValueError } from './wire-error.ts';

const TRIGGER_TO_WIRE: Readonly<Record<Trigger, pb.Trigger>> = {
  schedule: 'TRIGGER_SCHEDULE', deploy: 'TRIGGER_DEPLOY', manual: 'TRIGGER_MANUAL', confirm: 'TRIGGER_CONFIRM', retry: 'TRIGGER_RETRY',
};

export function triggerToWire(trigger: Trigger): pb.Trigger {
  return TRIGGER_TO_WIRE[trigger];
}

export function triggerFromWire(trigger: pb.Trigger): Trigger {
  switch (trigger) {
    case 'TRIGGER_SCHEDULE': return 'schedule';
    case 'TRIGGER_DEPLOY': return 'deploy';
    case 'TRIGGER_MANUAL': return 'manual';
    case 'TRIGGER_CONFIRM': return 'confirm';
    case 'TRIGGER_RETRY': return 'retry';
    case 'TRIGGER_UNSPECIFIED':
    case 'UNRECOGNIZED': throw new UnknownValueError('a trigger that is not known here');
  }
}
