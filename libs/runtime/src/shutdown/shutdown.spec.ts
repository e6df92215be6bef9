import { EventEmitter } from 'node:events';
import { silentLogger } from '../logging/logger.js';
import { sleep } from '../sleep.js';
import { exitWithParent } from './parent.js';
import { createShutdown } from './shutdown.js';

/** A process that notes how it was told to exit instead of exiting. */
const host = () => {
  const exits: number[] = [];
  const events = new EventEmitter();
  const on = (name: string, listener: () => void) => events.on(name, listener);
  return { exits, events, process: { on, exit: (code: number) => exits.push(code) } as unknown as NodeJS.Process };
};

describe('shutdown', () => {
  it('closes the last opened first, one by one, and exits with 0 on SIGTERM', async () => {
    const { exits, events, process } = host();
    const shutdown = createShutdown({ logger: silentLogger(), process });
    const order: string[] = [];
    const closer = (name: string) => async () => {
      order.push(`${name} begins`);
      await sleep(5);
      order.push(`${name} ends`);
    };
    shutdown.onClose('database', closer('database'));
    shutdown.onClose('server', closer('server'));
    events.emit('SIGTERM');
    expect(shutdown.signal.aborted).toBe(true);
    await shutdown.end('again');
    expect(order).toEqual(['server begins', 'server ends', 'database begins', 'database ends']);
    expect(exits).toEqual([0]);
  });

  it('goes on to the other closers when one fails, and exits with 1', async () => {
    const { exits, process } = host();
    const shutdown = createShutdown({ logger: silentLogger(), process });
    let closed = false;
    shutdown.onClose('database', () => {
      closed = true;
    });
    shutdown.onClose('server', () => Promise.reject(new Error('stuck')));
    await shutdown.end('test');
    expect(closed).toBe(true);
    expect(exits).toEqual([1]);
  });

  it('exits with 1 when a closer takes longer than the deadline', async () => {
    const { exits, process } = host();
    const shutdown = createShutdown({ logger: silentLogger(), process, deadlineMs: 10 });
    shutdown.onClose('server', () => sleep(60));
    const end = shutdown.end('test');
    await sleep(30);
    expect(exits).toEqual([1]);
    await end;
  });

  it('is forced by a second signal', async () => {
    const { exits, events, process } = host();
    const shutdown = createShutdown({ logger: silentLogger(), process });
    shutdown.onClose('server', () => sleep(20));
    events.emit('SIGINT');
    events.emit('SIGINT');
    expect(exits).toEqual([130]);
    await shutdown.end('wait for it');
  });
});

describe('a process with a parent', () => {
  it('hears once that its channel has closed', () => {
    const events = new EventEmitter();
    let heard = 0;
    const child = Object.assign(events, { channel: {}, connected: true }) as unknown as NodeJS.Process;
    exitWithParent(() => (heard += 1), child);
    expect(heard).toBe(0);
    events.emit('disconnect');
    events.emit('disconnect');
    expect(heard).toBe(1);
  });

  it('hears at once that the parent was gone before it looked, and nothing when it never had one', () => {
    let heard = 0;
    const process = (fields: object) => Object.assign(new EventEmitter(), fields) as unknown as NodeJS.Process;
    exitWithParent(() => (heard += 1), process({ channel: undefined, connected: false }));
    expect(heard).toBe(0);
    exitWithParent(() => (heard += 1), process({ channel: {}, connected: false }));
    expect(heard).toBe(1);
  });
});
