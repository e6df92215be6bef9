import type { BuildStatus, StepStatus } from '#domain';

/** What a badge can say: how something ended, or that it did not yet. */
export type Shown = BuildStatus | StepStatus | 'queued' | 'running' | 'evaluating';

/** Colour of a status; of a bar in a plot too. */
export type Tone = 'good' | 'bad' | 'warn' | 'live' | 'idle';

type Look = readonly [glyph: string, word: string, tone: Tone];

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
const glyphOf = (status: Shown): string => LOOKS[status][0];
/** The class of its colour. */
export const toneOf = (status: Shown): Tone => LOOKS[status][2];

/** A sign alone that leads somewhere: `label` says for readers, and on hover, what it stands for. `mark`: one more class. */
export const StatusLink = (props: { href: string; status: Shown; label: string; mark?: string }): JSX.Element => {
  const { href, status, label, mark } = props;
  return (
    <a
      href={href}
      class={`status ${toneOf(status)}${mark === undefined ? '' : ` ${mark}`}`}
      title={label}
      aria-label={label}
      safe
    >
      {glyphOf(status)}
    </a>
  );
};

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
