import { CircuitBreaker, healthOf } from './circuit-breaker.js';
import { StoreError } from './object-store.port.js';

let now: number;
let breaker: CircuitBreaker;

beforeEach(() => {
  now = 0;
  breaker = new CircuitBreaker({ failures: 3, resetMs: 1000 }, () => now);
});

const end = (health: 'answered' | 'down' | 'throttled' | 'unknown', times = 1): void => {
  for (let time = 0; time < times; time++) breaker.report(breaker.admit(), health);
};
const refusal = (): StoreError => {
  try {
    breaker.admit();
  } catch (error) {
    if (error instanceof StoreError) return error;
  }
  throw new Error('The call was let through');
};

it('opens after failures in a row, and only then', () => {
  end('down', 2);
  end('answered');
  end('down', 2);
  expect(breaker.state).toBe('closed');
  end('down');
  expect(breaker.state).toBe('open');
});

it('refuses while open and says when to come back', () => {
  end('down', 3);
  now = 400;
  expect(refusal()).toMatchObject({ kind: 'unavailable', backendCode: 'CircuitOpen', retryAfterMs: 600 });
});

it('lets one probe through, whose answer closes it', () => {
  end('down', 3);
  now = 1000;
  expect(breaker.state).toBe('half-open');
  const probe = breaker.admit();
  expect(refusal()).toMatchObject({ backendCode: 'CircuitOpen', retryAfterMs: 100 });
  breaker.report(probe, 'answered');
  expect(breaker.state).toBe('closed');
});

it('rests again when the probe fails', () => {
  end('down', 3);
  now = 1000;
  end('down');
  expect(breaker.state).toBe('open');
  expect(refusal().retryAfterMs).toBe(1000);
});

it('lets another probe through when one was called off', () => {
  end('down', 3);
  now = 1000;
  end('unknown');
  const probe = breaker.admit();
  breaker.report(probe, 'answered');
  expect(breaker.state).toBe('closed');
});

it('does not let calls from before the rest decide', () => {
  const late = breaker.admit();
  end('down', 3);
  breaker.report(late, 'answered');
  expect(breaker.state).toBe('open');
});

it('slows down a throttling endpoint without closing it, and recovers', () => {
  end('throttled', 3);
  expect(breaker.state).toBe('closed');
  expect(breaker.paceMs).toBe(100);
  end('throttled', 50);
  expect(breaker.paceMs).toBe(1000);
  end('answered', 20);
  expect(breaker.paceMs).toBe(0);
});

it('takes refusals for answers and aborts for nothing', () => {
  expect(healthOf(new StoreError('denied', ''))).toBe('answered');
  expect(healthOf(new StoreError('timeout', ''))).toBe('down');
  expect(healthOf(new StoreError('throttled', ''))).toBe('throttled');
  expect(healthOf(new Error('aborted'))).toBe('unknown');
});
