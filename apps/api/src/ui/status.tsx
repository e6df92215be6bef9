import type { BuildStatus, StepStatus } from '#domain';

/** What a badge can say: how something ended, or that it did not yet. */
export type Shown = BuildStatus | StepStatus | 'queued' | 'running' | 'evaluating';

type Look = readonly [glyph: string, word: string, tone: 'good' | 'bad' | 'warn' | 'idle' | 'live'];

const LOOKS: Readonly<Record<Shown, Look>> = {
  succeeded: ['✓', 'succeeded', 'good'],
  failed: ['✗', 'failed', 'bad'],
  'dependency-failed': ['↯', 'dependency failed', 'idle'],
  aborted: ['⊗', 'aborted', 'warn'],
  cancelled: ['⊘', 'cancelled', 'warn'],
  'failed-with-output': ['✗', 'failed with output', 'bad'],
  'timed-out': ['◷', 'timed out', 'warn'],
  'cached-failure': ['✗', 'failed before', 'bad'],
  unsupported: ['⊗', 'unsupported system', 'warn'],
  'log-limit-exceeded': ['⊗', 'log limit exceeded', 'warn'],
  'nar-size-limit-exceeded': ['✗', 'output too large', 'bad'],
  'not-deterministic': ['✗', 'not deterministic', 'bad'],
  queued: ['…', 'queued', 'idle'],
  running: ['▶', 'running', 'live'],
  evaluating: ['▶', 'evaluating', 'live'],
};

/** The word of a status, for sentences. */
export const statusWord = (status: Shown): string => LOOKS[status][1];

/** The sign of a status, where its word is said to readers beside it. */
export const glyphOf = (status: Shown): string => LOOKS[status][0];
/** The class of its colour. */
export const toneOf = (status: Shown): string => LOOKS[status][2];

/** Glyph, word and colour: never colour alone. `short` hides the word from eyes, not from readers. */
export const StatusBadge = ({ status, short = false }: { status: Shown; short?: boolean }): JSX.Element => {
  const [glyph, word, tone] = LOOKS[status];
  return (
    <span class={`status ${tone}`} title={word}>
      <span aria-hidden="true" safe>
        {glyph}
      </span>{' '}
      <span class={short ? 'visually-hidden' : ''} safe>
        {word}
      </span>
    </span>
  );
};
