import { performance } from 'node:perf_hooks';

/** Requests that one connection may have on its way at once, at most. */
const MAX_DEPTH = 8;
const SAMPLE_MS = 100;
const BUSY = 0.9;
/** Sharing saves about a fifth of the work. An even idler process does less than before, not the same with less. */
const IDLE = 0.75;
const IDLE_SAMPLES = 2;
/** So many busy samples in a row, grown, show that growing does no harm. */
const STEADY_SAMPLES = 50;
const MIN_REST_SAMPLES = 4;
const MAX_REST_SAMPLES = 600;
const MIN_DISTRUST_MS = 60_000;
const MAX_DISTRUST_MS = 3_600_000;

/** How many requests a connection may have on its way: 1 is one after the other. */
export interface DepthSource {
  readonly depth: number;
  /** From now on the depth is asked for. */
  watch(): void;
  unwatch(): void;
}

/**
 * Requests that share a connection save CPU here and there, but keep the endpoint from answering them side by side. So the
 * depth grows while this process is the bottleneck and shrinks when it is not. When growing made it idle, which the endpoint
 * waiting for itself does, the next attempt waits longer each time.
 */
export class LoadDepth implements DepthSource {
  private current = 1;
  private asked = false;
  private busySamples = 0;
  private idleSamples = 0;
  private restSamples = 0;
  private resting = 0;
  private watchers = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `utilization` tells the part of the time since it was last asked that the event loop was busy, 0 to 1. */
  constructor(private readonly utilization: () => number) {}

  get depth(): number {
    this.asked = true;
    return this.current;
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

  /** Looks how busy the process was. It does not count while nobody asked for the depth: then there was nothing to do. */
  sample(): void {
    const load = this.utilization();
    if (!this.asked) return;
    this.asked = false;
    if (load >= IDLE) this.idleSamples = 0;
    if (load > BUSY) this.busy();
    else if (load < IDLE && this.current > 1) this.idle();
  }

  private busy(): void {
    if (this.current > 1 && ++this.busySamples === STEADY_SAMPLES) this.restSamples = 0;
    if (this.resting > 0) this.resting--;
    else this.current = Math.min(MAX_DEPTH, this.current * 2);
  }

  private idle(): void {
    this.busySamples = 0;
    if (++this.idleSamples < IDLE_SAMPLES) return;
    this.idleSamples = 0;
    this.current /= 2;
    if (this.resting > 0) return; // still falling
    this.restSamples = Math.min(MAX_REST_SAMPLES, Math.max(MIN_REST_SAMPLES, this.restSamples * 2));
    this.resting = this.restSamples;
  }
}

/** The same at any load. */
export const fixedDepth = (depth: number): DepthSource => ({ depth, watch: () => undefined, unwatch: () => undefined });

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
