/** What evaluates the walker. An engine that died is of no more use; the next question needs a new one. */
export interface EvaluationEngine {
  /** False until it has answered once: what kills a fresh engine is to blame itself. */
  readonly used: boolean;
  /** Evaluates `w.FUNCTION ARGUMENT` to a string. Never rejects. */
  ask(call: string, deadlineMs: number): Promise<EngineAnswer>;
  /** Resident memory after the last answer, MB. */
  rssMb(): Promise<number>;
  close(): Promise<void>;
}

export type EngineAnswer =
  | Readonly<{ ok: string }>
  /** Nix says why; the engine lives. */
  | Readonly<{ error: string }>
  /** A file (this one, or '' where that is unknown) ends too early. The engine cannot give Nix's message; it lives. */
  | Readonly<{ incomplete: string }>
  /** The engine is gone. */
  | Readonly<{ died: 'memory' | 'time' | 'crash' | 'cancelled'; message: string }>
  /** The engine lives, but does not answer in the form that is known: another kind is needed. */
  | Readonly<{ unsupported: string }>;

export type EngineConfig = Readonly<{
  /** The walker, a whole Nix expression. */
  walker: string;
  /** Arguments of Nix: options and search path. */
  args: readonly string[];
  maxRssMb: number;
  signal: AbortSignal;
}>;

/** From the first `error:` on, without the traces before it; bounded, since it is kept for ever. */
export function errorText(stderr: string): string {
  const at = stderr.search(/^error:/m);
  const text = (at < 0 ? stderr : stderr.slice(at)).trim();
  return text.length > 16_384 ? `${text.slice(0, 16_384)}\n…` : text;
}
