import { negotiate } from './negotiate.js';

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

describe('the same address answers', () => {
  it.each([
    ['a browser', { accept: browser }, 'html'],
    ['a client of Hydra', { accept: 'application/json' }, 'json'],
    ['an old client of Hydra', { accept: 'text/x-json' }, 'json'],
    ['curl', { accept: '*/*' }, 'html'],
    ['curl with a JSON body', { accept: '*/*', 'content-type': 'application/json; charset=utf-8' }, 'json'],
    ['nobody in particular', {}, 'html'],
    ['who prefers JSON', { accept: 'text/html;q=0.5, application/json' }, 'json'],
    ['who prefers a page', { accept: 'text/html, application/json;q=0.9' }, 'html'],
    ['who is malformed', { accept: ';;;q=,application/json;q=x' }, 'json'],
  ] as const)('%s', (_, headers, wanted) => {
    expect(negotiate(headers, '/project/demo')).toBe(wanted);
  });

  it('with JSON under /api, whoever asks without an opinion', () => {
    expect(negotiate({ accept: '*/*' }, '/api/jobsets')).toBe('json');
  });
});
