import { type Asked, type Form, reasonField } from '../http/form.js';

/** Most characters of a field, as a line of a machines file may have them. */
const max = 4096;

/** A machine that no file names. */
export const addMachineForm = ({ wantsReason }: Pick<Asked, 'wantsReason'>): Form => ({
  title: 'Add a machine',
  button: 'Add',
  fields: [
    { name: 'uri', label: 'Address', hint: 'ssh://builder@host', max: 255, required: true },
    { name: 'name', label: 'Name, where it is not to be that of its address', max: 255 },
    { name: 'systemTypes', label: 'Systems', hint: 'x86_64-linux, i686-linux', max, required: true },
    { name: 'maxJobs', label: 'Slots', kind: 'number', max, value: '1' },
    { name: 'speedFactor', label: 'Speed factor', max, value: '1' },
    { name: 'supportedFeatures', label: 'Features', hint: 'kvm, big-parallel', max },
    { name: 'mandatoryFeatures', label: 'Mandatory features', max },
    { name: 'sshKey', label: 'File of the ssh key on the host of the queue runner', max },
    { name: 'publicHostKey', label: 'Public host key, base64', max },
    reasonField(wantsReason),
  ],
});

/** Why a machine is to get no more steps, or steps again. */
export const switchMachineForm = ({ wantsReason }: Pick<Asked, 'wantsReason'>): Form => ({
  title: 'Disable or enable a machine',
  button: 'Send again',
  fields: [reasonField(wantsReason)],
});
