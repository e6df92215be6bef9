import { hostLoad, pressureOf } from './host-load.js';

describe('the load of this host', () => {
  it('has the pressure of the last minute as the kernel writes it: of some, not of all', () => {
    const file =
      'some avg10=13.38 avg60=21.24 avg300=21.96 total=12653673317\nfull avg10=0.00 avg60=7.00 avg300=0.00 total=0\n';
    expect(pressureOf(file)).toBe(21.24);
    expect(pressureOf('some avg10=0 avg60=0 avg300=0 total=0')).toBe(0);
  });

  it.each(['', 'full avg10=0.00 avg60=7.00 avg300=0.00 total=0', 'some avg10=1'])('has none of %j', (file) =>
    expect(pressureOf(file)).toBeUndefined(),
  );

  it('is told whether or not the kernel knows of pressure', async () => {
    const { processors, load, pressure } = await hostLoad();
    expect(processors).toBeGreaterThan(0);
    for (const one of load) expect(one).toBeGreaterThanOrEqual(0);
    if (pressure)
      for (const part of Object.values(pressure)) expect([part, part >= 0 && part <= 100]).toEqual([part, true]);
  });
});
