import { EventStoreUnavailable, WrongRevision, type ExpectedRevision } from '../event-store.port.js';
import { EventIdTaken } from '../expectation.js';
import { MaximumAppendSizeExceeded, WrongExpectedVersion, BadRequest } from './wire.js';
import type { Status } from './wire.js';

/** The error of the port for an append that the server answered with a refusal. */
export function appendRefusal(
  { stream, expected }: { readonly stream: string; readonly expected: ExpectedRevision },
  refusal: Status | undefined,
): Error {
  const details = refusal?.getDetails();
  const type = details?.getTypeName() ?? '';
  switch (type.slice(type.lastIndexOf('.') + 1)) {
    case 'WrongExpectedVersion': {
      const told = details?.unpack((bytes) => WrongExpectedVersion.deserializeBinary(bytes), type);
      const actual = told?.hasCurrentStreamRevision() ? BigInt(told.getCurrentStreamRevision()) : 'no-stream';
      // Without an expectation it is the ids that do not fit: some of them are there, others are not.
      if (expected === 'any') return new EventIdTaken(`Some event ids are already in ${stream}`);
      return new WrongRevision(stream, expected, actual);
    }
    case 'MaximumAppendSizeExceeded': {
      const most = details
        ?.unpack((bytes) => MaximumAppendSizeExceeded.deserializeBinary(bytes), type)
        ?.getMaxappendsize();
      return new Error(
        `An append to ${stream} is larger than the ${most ?? 'unknown'} bytes that the event store takes`,
      );
    }
    case 'MaximumAppendEventSizeExceeded':
      return new Error(`An event for ${stream} is larger than the event store takes`);
    case 'BadRequest': {
      const why = details?.unpack((bytes) => BadRequest.deserializeBinary(bytes), type)?.getMessage();
      return new Error(`The event store refuses an append to ${stream}: ${why ?? refusal?.getMessage() ?? ''}`);
    }
    case 'StreamDeleted':
      return new Error(`Stream ${stream} was removed for ever by a tombstone: nothing can be appended to it`);
    case 'AccessDenied':
      return new EventStoreUnavailable(`The event store gives these credentials no permission to append to ${stream}`);
    case 'Timeout':
      return new EventStoreUnavailable(`The event store did not append to ${stream} in time`);
    default: // such as a server that starts up, is busy or looks for its leader
      return new EventStoreUnavailable(
        `Cannot append to ${stream}: ${refusal?.getMessage() || type || 'no reason given'}`,
      );
  }
}
