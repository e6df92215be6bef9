import type { JobDescription } from '#domain';
import type { EvaluatedJob } from '#nix';

/** Most characters of a text that a derivation tells about itself: a hundred such jobs must fit into one event. */
export const MAX_TEXT = 2_000;
/** Most addresses of maintainers, and characters of each. */
export const MAX_MAINTAINERS = 100;
const MAX_ADDRESS = 254;
const MAX_NAME = 512;
/** Most bytes of a job in the log; what is longer is an error of that job. */
export const MAX_JOB_BYTES = 60 * 1024;
/** Most characters of a job's error that are kept. */
export const MAX_ERROR = 8_000;
/** The largest number a schema takes: a derivation may say any number. */
const MAX_NUMBER = 2_147_483_647;

/** A text as the log can carry it: PostgreSQL stores neither half a surrogate pair nor NUL. */
export const storable = (text: string): string => Buffer.from(text).toString().replaceAll('\0', '\uFFFD');

/** Cuts between characters, never inside a surrogate pair; what cannot be stored is replaced. */
const cut = (text: string, most: number): string => {
  const whole = storable(text);
  return whole.length <= most ? whole : whole.slice(0, most).replace(/[\uD800-\uDBFF]$/, '');
};

/** An error's text as it is kept: its beginning and its end, where Nix says what it was. */
export const shortError = (message: string): string => {
  if (message.length <= MAX_ERROR) return cut(message, MAX_ERROR);
  const half = MAX_ERROR / 2;
  return `${cut(message.slice(0, half), half)}\n[…]\n${cut(message.slice(-half), half)}`;
};

const within = (value: number, least: number): number => Math.min(MAX_NUMBER, Math.max(least, value));

/** What a job says of itself, bounded; `warnings` names each part that was cut. */
export const describeJob = (job: EvaluatedJob): { description: JobDescription; warnings: string[] } => {
  const warnings: string[] = [];
  const text = (field: string, value: string, most = MAX_TEXT): string => {
    if (value.length > most)
      warnings.push(`warning: ${field} has ${value.length} characters; the first ${most} are kept`);
    return cut(value, most);
  };
  if (job.maintainers.length > MAX_MAINTAINERS) {
    warnings.push(
      `warning: meta.maintainers has ${job.maintainers.length} entries; the first ${MAX_MAINTAINERS} are kept`,
    );
  }
  const description = {
    nixName: text('name', job.nixName, MAX_NAME),
    system: text('system', job.system, MAX_NAME),
    description: text('meta.description', job.description),
    license: text('meta.license', job.license),
    homepage: text('meta.homepage', job.homepage),
    maintainers: job.maintainers.slice(0, MAX_MAINTAINERS).map((address) => cut(address, MAX_ADDRESS)),
    maxSilent: within(job.maxSilent, 1),
    timeout: within(job.timeout, 1),
    isChannel: job.isChannel,
    priority: within(job.schedulingPriority, -MAX_NUMBER),
  };
  return { description, warnings };
};
