import { type ComparedInput, commitsOf } from './compared-inputs.js';

/** The part of a revision that people compare; the whole of a short one. */
export const shortRevision = (revision: string): string =>
  /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 10) : revision.slice(0, 40);

/** A revision, short; the whole of it on hover. */
export const Revision = ({ revision }: { revision: string }): JSX.Element => (
  <code title={revision} safe>
    {shortRevision(revision)}
  </code>
);

/** A link to what lies between the two revisions of an input, where a forge shows it. */
export const Commits = ({ input }: { input: ComparedInput }): JSX.Element => {
  const url = commitsOf(input);
  if (url === undefined) return '';
  return (
    <a href={url} rel="noreferrer nofollow">
      commits
    </a>
  );
};
