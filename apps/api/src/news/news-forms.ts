import { type Asked, type Form, reasonField } from '../http/form.js';

/** Most characters of one piece of news. */
export const MAX_NEWS = 10_000;

/** What everybody is to be told. */
export const postForm = ({ wantsReason }: Pick<Asked, 'wantsReason'>): Form => ({
  title: 'Post news',
  button: 'Post',
  fields: [
    {
      name: 'contents',
      label: 'What everybody is told on the overview, as plain text',
      kind: 'lines',
      max: MAX_NEWS,
      required: true,
    },
    reasonField(wantsReason),
  ],
});

export const takeDownForm = (): Form => ({
  title: 'Take news down',
  button: 'Take down',
  fields: [reasonField(true)],
});
