import type { ReleaseView } from '#read-model';
import type { NameOf } from '../audit/audit.json.js';
import { Fact } from '../ui/table.js';
import { Time } from '../ui/time.js';

type Known = Readonly<{ release: ReleaseView; nameOf: NameOf; now: number }>;

/** That a release was taken back: when, by whom and why. */
export const Revoked = ({ release: { revokedAtMs, revokedBy, revokeReason }, nameOf, now }: Known): JSX.Element => (
  <>
    <span class="status bad">✗ revoked</span> <Time ms={revokedAtMs ?? 0} now={now} />
    <span safe>{` by ${nameOf(revokedBy?.id ?? '')}: ${revokeReason ?? ''}`}</span>
  </>
);

/** What an evaluation was released as, newest first: whoever was given a release must find out here that it was revoked. */
export const ReleaseFacts = (props: { releases: readonly ReleaseView[]; nameOf: NameOf; now: number }): JSX.Element => {
  const { releases, nameOf, now } = props;
  return (
    <>
      {releases.map((release) => {
        const { name, releasedAtMs, releasedBy, reason, revokedAtMs } = release;
        return (
          <Fact term={revokedAtMs === null ? 'Released as' : 'Was released as'} wide>
            <strong safe>{name}</strong> <Time ms={releasedAtMs} now={now} />
            <span safe>{` by ${nameOf(releasedBy.id)}: ${reason ?? ''}`}</span>
            {revokedAtMs !== null && (
              <>
                <br />
                <Revoked release={release} nameOf={nameOf} now={now} />
              </>
            )}
          </Fact>
        );
      })}
    </>
  );
};
