import { sleep } from '#runtime';
import type { Clock } from '#runtime';

/** What a health address says: 200, or what stands in the way. */
const ask = async (url: string): Promise<{ ok: boolean; text: string }> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    const text = await response.text();
    return { ok: response.status === 200, text: `${response.status} ${text.slice(0, 300)}` };
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return { ok: false, text: cause?.code ?? String(error) };
  }
};

export type ReadyOptions = Readonly<{
  url: string;
  clock: Clock;
  signal: AbortSignal;
  timeoutMs: number;
  /** Hears every 10 s what the farm still waits for. */
  onWaiting: (text: string) => void;
}>;

/** Waits until the health address answers 200. False when it did not in time or the wait was ended. */
export const waitUntilReady = async ({ url, clock, signal, timeoutMs, onWaiting }: ReadyOptions): Promise<boolean> => {
  const started = clock.now();
  let told = started;
  while (!signal.aborted && clock.now() - started < timeoutMs) {
    const { ok, text } = await ask(url);
    if (ok) return true;
    if (clock.now() - told >= 10_000) {
      told = clock.now();
      onWaiting(text);
    }
    await sleep(100, signal);
  }
  return false;
};
