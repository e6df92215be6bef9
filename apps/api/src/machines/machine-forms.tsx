import type { MachineView } from '#read-model';
import { machinePath } from '../ui/links.js';

/** Takes a machine out of use or back into it, with a reason. */
export const MachineActions = ({ machine }: { machine: MachineView }): JSX.Element => {
  const verb = machine.disabled ? 'enable' : 'disable';
  if (machine.removed) return '';
  return (
    <div class="actions">
      <form method="post" action={`${machinePath(machine.name)}/${verb}`}>
        <input
          type="text"
          name="reason"
          maxlength="1000"
          placeholder="Reason"
          aria-label={`Reason to ${verb} this machine`}
          required={verb === 'disable'}
        />
        <button type="submit" class="secondary">
          {verb === 'disable' ? 'Disable' : 'Enable'}
        </button>
      </form>
    </div>
  );
};

const Field = (props: {
  name: string;
  label: string;
  hint?: string;
  value?: string;
  required?: boolean;
}): JSX.Element => {
  const { name, label, hint = '', value = '', required = false } = props;
  return (
    <label>
      <span safe>{label}</span>
      <input type="text" name={name} value={value} placeholder={hint} maxlength="4096" required={required} />
    </label>
  );
};

/** A machine that no file names. */
export const AddMachine = (): JSX.Element => (
  <details>
    <summary>Add a machine</summary>
    <form method="post" action="/machines" class="sheet">
      <Field name="uri" label="Address" hint="ssh://builder@host" required />
      <Field name="systemTypes" label="Systems" hint="x86_64-linux, i686-linux" required />
      <Field name="maxJobs" label="Slots" value="1" />
      <Field name="speedFactor" label="Speed factor" value="1" />
      <Field name="supportedFeatures" label="Features" hint="kvm, big-parallel" />
      <Field name="mandatoryFeatures" label="Mandatory features" />
      <Field name="sshKey" label="File of the ssh key on the host of the queue runner" />
      <Field name="publicHostKey" label="Public host key, base64" />
      <Field name="reason" label="Reason" />
      <button type="submit">Add</button>
    </form>
  </details>
);
