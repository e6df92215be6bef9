/**
 * Calls `onGone` once when the process that started this one with an IPC channel is no more, however it ended: the
 * channel closes with it. A process started by hand has no channel, and nothing happens.
 */
export const exitWithParent = (
  onGone: () => void,
  host: Pick<NodeJS.Process, 'once' | 'channel' | 'connected'> = process,
): void => {
  if (host.channel === undefined) return;
  if (!host.connected) return onGone();
  host.once('disconnect', onGone);
};
