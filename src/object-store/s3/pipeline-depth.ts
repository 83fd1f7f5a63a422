import { performance } from 'node:perf_hooks';

/** Requests that one connection may have on its way at once, at most. */
const MAX_DEPTH = 8;
const SAMPLE_MS = 100;
const BUSY = 0.9;
/** Sharing saves about a fifth of the work. An even idler process does less than before, not the same with less. */
const IDLE = 0.75;
const IDLE_SAMPLES = 2;
/** After the depth grew, so many samples are compared with those before; fewer requests than this part of them are not worth it. */
const TRIAL_SAMPLES = 8;
const WORTH = 0.95;
/** After so many samples, grown, it is looked again whether that is worth it. */
const TRUSTED_SAMPLES = 100;
const MIN_REST_SAMPLES = 4;
const MAX_REST_SAMPLES = 600;
const MIN_DISTRUST_MS = 60_000;
const MAX_DISTRUST_MS = 3_600_000;

/** How many requests a connection may have on its way: 1 is one after the other. */
export interface DepthSource {
  readonly depth: number;
  /** A request is sent. */
  sent(): void;
  /** From now on the depth is asked for. */
  watch(): void;
  unwatch(): void;
}

/**
 * Requests that share a connection save CPU here and there, but keep the endpoint from answering them side by side. So the
 * depth grows while this process is the bottleneck and shrinks when it is not, or when less is done than before it grew. After
 * that the next attempt waits longer each time.
 */
export class LoadDepth implements DepthSource {
  private current = 1;
  /** Requests since the last sample, and in a sample of the time before the depth grew. */
  private requests = 0;
  private requestsAlone = 0;
  /** Requests in a sample of the time since. */
  private tried = 0;
  private grownSamples = 0;
  private idleSamples = 0;
  private restSamples = 0;
  private resting = 0;
  private watchers = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `utilization` tells the part of the time since it was last asked that the event loop was busy, 0 to 1. */
  constructor(private readonly utilization: () => number) {}

  get depth(): number {
    return this.current;
  }

  sent(): void {
    this.requests++;
  }

  watch(): void {
    if (this.watchers++ > 0) return;
    this.utilization();
    this.timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  unwatch(): void {
    if (--this.watchers > 0) return;
    clearInterval(this.timer);
    this.current = 1;
  }

  /** Looks how busy the process was. It does not count while nothing was sent: then there was nothing to do. */
  sample(): void {
    const load = this.utilization();
    const { requests } = this;
    this.requests = 0;
    if (requests === 0) return;
    this.compare(requests);
    this.idleSamples = load < IDLE ? this.idleSamples + 1 : 0;
    if (load > BUSY) this.busy();
    else if (this.idleSamples >= IDLE_SAMPLES && this.current > 1) this.shrinkTo(this.current / 2);
  }

  /** Looks whether as much is done as when each request had a connection to itself; now and then once more. */
  private compare(requests: number): void {
    if (this.current === 1) {
      this.requestsAlone = this.requestsAlone === 0 ? requests : (this.requestsAlone + requests) / 2;
      this.grownSamples = 0;
      this.tried = 0;
      return;
    }
    this.grownSamples++;
    if (this.grownSamples <= TRIAL_SAMPLES) this.tried += requests / TRIAL_SAMPLES;
    if (this.grownSamples === TRIAL_SAMPLES && this.tried < WORTH * this.requestsAlone) this.shrinkTo(1);
    if (this.grownSamples < TRUSTED_SAMPLES) return;
    this.restSamples = 0;
    this.shrinkTo(1);
  }

  private busy(): void {
    if (this.resting > 0) this.resting--;
    else this.current = Math.min(MAX_DEPTH, this.current * 2);
  }

  private shrinkTo(depth: number): void {
    this.current = depth;
    this.idleSamples = 0;
    if (this.resting > 0) return; // still shrinking
    this.restSamples = Math.min(MAX_REST_SAMPLES, Math.max(MIN_REST_SAMPLES, this.restSamples * 2));
    this.resting = this.restSamples;
  }
}

/** The same at any load. */
export const fixedDepth = (depth: number): DepthSource => ({ depth, sent: ignore, watch: ignore, unwatch: ignore });
const ignore = (): void => undefined;

function loopUtilization(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

/** Of this process: all its connections share one event loop. */
const processDepth = new LoadDepth(loopUtilization());

/** `auto`: while this process is the bottleneck. `always` is for trying out how an endpoint takes it. */
export type Pipelining = 'auto' | 'off' | 'always';

export const depthFor = (pipelining: Pipelining): DepthSource =>
  pipelining === 'auto' ? processDepth : fixedDepth(pipelining === 'always' ? MAX_DEPTH : 1);

/** What is left of a depth for one origin: some servers and proxies do not take several requests at once well. */
export class OriginDepth {
  private distrustedUntil = 0;
  private distrustMs = MIN_DISTRUST_MS;

  constructor(
    private readonly source: DepthSource,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get depth(): number {
    const { depth } = this.source;
    return depth === 1 || this.distrustedUntil === 0 || this.now() >= this.distrustedUntil ? depth : 1;
  }

  /** A connection with several requests on their way went wrong. */
  distrust(): void {
    const now = this.now();
    if (now < this.distrustedUntil) return;
    this.distrustedUntil = now + this.distrustMs;
    this.distrustMs = Math.min(MAX_DISTRUST_MS, this.distrustMs * 2);
  }
}
