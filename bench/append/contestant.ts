/** One contestant in a process of its own (emmett changes pg's parsers for the whole process): asked and answering by messages. */
import { emmett, iolaus, measure } from './contest.js';

const [name, url] = process.argv.slice(2);
const contestant = name === 'emmett' ? await emmett(url!) : iolaus(url!);
process.on('message', (asked: { writers: number; batch: number; ms: number }) => {
  measure(contestant, asked.writers, asked.batch, asked.ms).then(
    (rate) => process.send!({ rate }),
    (error: Error) => process.send!({ error: error.stack }),
  );
});
