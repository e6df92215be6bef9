import type { BuildView } from '#read-model';
import type { Capability } from '../http/permissions.js';
import { buildPath } from '../ui/links.js';

const Action = (props: {
  build: BuildView;
  verb: string;
  label: string;
  /** said before it is done: why, in the actor's words */
  asksReason?: boolean;
  fields?: Readonly<Record<string, string>>;
}): JSX.Element => {
  const { build, verb, label, asksReason = false, fields = {} } = props;
  return (
    <form method="post" action={`${buildPath(build.id)}/${verb}`}>
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {asksReason && (
        <input
          type="text"
          name="reason"
          maxlength="1000"
          placeholder="Reason (optional)"
          aria-label={`Reason to ${verb} this build`}
        />
      )}
      <button type="submit" class="secondary" safe>
        {label}
      </button>
    </form>
  );
};

/** What the viewer may do with a build as it stands now; nothing that would be refused. */
export const Actions = ({
  build,
  allowed,
}: {
  build: BuildView;
  allowed: (capability: Capability) => boolean;
}): JSX.Element => {
  const finished = build.status !== null;
  return (
    <div class="actions">
      <a href={`${buildPath(build.id)}/log`} role="button" class="outline small">
        Log
      </a>
      {!finished && allowed('bump-build') && <Action build={build} verb="bump" label="Bump to the front" />}
      {finished && allowed('restart-build') && <Action build={build} verb="restart" label="Restart" />}
      {finished && allowed('keep-build') && (
        <Action
          build={build}
          verb="keep"
          label={build.kept ? 'Do not keep' : 'Keep'}
          fields={{ keep: build.kept ? '0' : '1' }}
        />
      )}
      {!finished && allowed('cancel-build') && <Action build={build} verb="cancel" label="Cancel" asksReason />}
    </div>
  );
};
