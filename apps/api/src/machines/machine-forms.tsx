import type { MachineView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { FormFields } from '../ui/form-fields.js';
import { machinePath } from '../ui/links.js';
import { addMachineForm } from './machine-fields.js';

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

/** A machine that no file names. */
export const AddMachine = ({ page }: { page: PageContext }): JSX.Element => (
  <details>
    <summary>Add a machine</summary>
    <form method="post" action="/machines" class="sheet">
      <FormFields fields={addMachineForm(page).fields} />
      <button type="submit">Add</button>
    </form>
  </details>
);
