// When to try again: soon at first, then ever more seldom, and not everyone at the same moment.

const first_ms = 500;
const longest_ms = 30_000;

/** `attempt` counts from 0; `random` is in [0, 1). The wait is between half of and all of a doubling time. */
export function retryDelay_ms(attempt: number, random: number): number {
  const whole = Math.min(longest_ms, first_ms * 2 ** Math.min(attempt, 16));
  return Math.round(whole * (0.5 + random / 2));
}
