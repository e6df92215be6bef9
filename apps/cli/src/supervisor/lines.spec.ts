import { forLog, forTerminal } from './lines.js';

const record = { level: 'warn', time: '2026-01-02T03:04:05.678Z', app: 'api', msg: 'slow', path: '/queue', ms: 12 };

describe('a line that a process prints', () => {
  it('is shown to people with the name of the process, time, level, message and fields', () => {
    expect(forTerminal('api', JSON.stringify(record))).toBe('api       | 03:04:05 WARN  slow path=/queue ms=12\n');
  });

  it('shows an error with its stack, line by line', () => {
    const line = JSON.stringify({ ...record, err: { stack: 'Error: x\n    at y' } });
    expect(forTerminal('api', line)).toBe(
      'api       | 03:04:05 WARN  slow path=/queue ms=12\napi       | Error: x\napi       |     at y\n',
    );
  });

  it('passes as it is when it is not ours, even when it looks like it', () => {
    expect(forTerminal('worker', '{ oh')).toBe('worker    | { oh\n');
  });

  it('is always JSON in a log', () => {
    expect(forLog('api', JSON.stringify(record), 'now')).toBe(`${JSON.stringify(record)}\n`);
    expect(JSON.parse(forLog('worker', 'Segmentation "fault"', 'now'))).toEqual({
      level: 'info',
      time: 'now',
      app: 'worker',
      msg: 'Segmentation "fault"',
    });
  });
});
