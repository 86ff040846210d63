/**
 * Bee's state is a function of the wall clock alone: a sine wave for latency and health, a saw for the backlog.
 * Nothing is remembered, so every Bee with the same period agrees with every other, and tests need no waiting.
 */
export interface Wave {
  /** One full wave, milliseconds. */
  periodMs: number;
  /** How long `/healthz` takes at the crest, milliseconds; 0 at the trough. */
  maxDelayMs: number;
}

export const DEFAULT_WAVE: Readonly<Wave> = { periodMs: 100_000, maxDelayMs: 1_000 };

/** From this height on (0 to 1) Bee is unhealthy: the top fifth of the wave, which lasts about 30 % of a period. */
const UNHEALTHY_FROM_HEIGHT = 0.8;

/** Items waiting when the backlog is at its longest. */
export const MAX_BACKLOG = 200;

/** Share of a period in which the backlog grows; in the rest it drains. */
const BACKLOG_GROWS_FOR = 0.8;

/** Height of the wave at a wall time: 0.5 at the start of a period, 1 after a quarter, 0 after three quarters. */
export function heightAt(wallMs: number, wave: Wave): number {
  return (Math.sin(2 * Math.PI * phaseAt(wallMs, wave)) + 1) / 2;
}

/** How long `/healthz` takes when asked at a wall time, milliseconds. */
export function delayMsAt(wallMs: number, wave: Wave): number {
  return heightAt(wallMs, wave) * wave.maxDelayMs;
}

/** Whether Bee is well at a wall time. */
export function isHealthyAt(wallMs: number, wave: Wave): boolean {
  return heightAt(wallMs, wave) < UNHEALTHY_FROM_HEIGHT;
}

/**
 * Items waiting at a wall time, 0 to `MAX_BACKLOG`. They pile up in a straight line for four fifths of a period and
 * drain in the last fifth: a line is what `predict_linear` sees coming.
 */
export function backlogAt(wallMs: number, wave: Wave): number {
  const phase = phaseAt(wallMs, wave);
  const full = phase < BACKLOG_GROWS_FOR ? phase / BACKLOG_GROWS_FOR : (1 - phase) / (1 - BACKLOG_GROWS_FOR);
  return Math.round(full * MAX_BACKLOG);
}

/** How far the current period has gone, from 0 up to but not including 1. */
function phaseAt(wallMs: number, { periodMs }: Wave): number {
  return (((wallMs % periodMs) + periodMs) % periodMs) / periodMs;
}
