import { until } from '../../../../test/acceptance/until.js';
import { startApi, type TestApi } from '../../testing/api.js';
import { Changes } from './changes.js';

describe('a page that is kept up to date', () => {
  let api: TestApi;
  let changes: Changes;
  const gone = new AbortController();
  beforeAll(async () => {
    api = await startApi();
    changes = api.part(Changes);
    await api.admin.send('PUT', '/project/demo', {});
    // Whoever waits first has it listened for.
    await new Promise<void>((resolve) => changes.subscribe(resolve, gone.signal));
  });
  afterAll(async () => {
    gone.abort();
    await api.close();
  });

  const markOf = (html: string): string => /<html lang="en" data-changes="([^"]+)">/.exec(html)![1]!;
  /** The first message of a stream of changes. */
  const firstOf = async (path: string): Promise<string> => {
    const stop = new AbortController();
    const { body } = await fetch(`${api.url}${path}`, { signal: stop.signal });
    let text = '';
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes('event:')) break;
    }
    stop.abort();
    return text;
  };

  it('is told at once of what changed after it was made, and before it listened', async () => {
    const { text } = await api.admin.page('/project/demo');
    const mark = markOf(text);
    await api.admin.send('PUT', '/project/demo', { description: 'changed in between' });
    await until('the change is heard', async () => changes.mark() !== mark || undefined);
    expect(await firstOf(`/events?since=${mark}`)).toContain('event: changed');
    expect(markOf((await api.admin.page('/project/demo')).text)).not.toBe(mark);
  });

  it('is told at once where another process made it, whose marks say nothing here', async () => {
    expect(await firstOf('/events?since=another.7')).toContain('event: changed');
  });

  it('is told of nothing where nothing changed', () => {
    let told = 0;
    changes.subscribe(() => told++, gone.signal, changes.mark());
    expect(told).toBe(0);
  });

  it('has no mark where nothing of it is renewed', async () => {
    expect((await api.admin.page('/create-project')).text).toContain('<html lang="en">');
  });
});
