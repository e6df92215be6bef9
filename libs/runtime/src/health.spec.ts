import { createHealth } from './health.js';

describe('health', () => {
  it('is well as long as every part is', async () => {
    const health = createHealth();
    health.set('database', { ok: true });
    health.check('projector', () => Promise.resolve({ ok: true, detail: 'caught up' }));
    expect(await health.report()).toEqual({
      ok: true,
      parts: { database: { ok: true }, projector: { ok: true, detail: 'caught up' } },
    });
  });

  it('takes a check that throws for a part that is not well, and says why', async () => {
    const health = createHealth();
    health.check('database', () => Promise.reject(new Error('connection refused')));
    expect(await health.report()).toEqual({
      ok: false,
      parts: { database: { ok: false, detail: 'connection refused' } },
    });
  });
});
