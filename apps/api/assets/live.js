// Renews the parts of a page marked `data-live` when the farm changed: one stream a page, closed while hidden.
const parts = () => [...document.querySelectorAll('[data-live][id]')];
const say = (text) => (document.getElementById('live-status').textContent = text);
// How long something has been going on, in the words of the server's `duration`.
const words = (seconds) => {
  const two = (large, size, small, part) => {
    const rest = Math.floor((seconds % size) / part);
    return `${Math.floor(seconds / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
  };
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return two('min', 60, 's', 1);
  return seconds < 86_400 ? two('h', 3600, 'min', 60) : two('d', 86_400, 'h', 3600);
};
const count = () => {
  for (const one of document.querySelectorAll('time[data-elapsed]'))
    one.textContent = words(Math.max(0, Math.round((Date.now() - Date.parse(one.dateTime)) / 1000)));
};
setInterval(count, 1000);

let stream;
let renewing = false;
let again = false;

// What somebody folded or opened stays so.
const named = (one) => one.id || one.querySelector('summary')?.textContent;
const keepOpen = (part, next) => {
  const open = new Map([...part.querySelectorAll('details')].map((one) => [named(one), one.open]));
  for (const one of next.querySelectorAll('details')) if (open.has(named(one))) one.open = open.get(named(one));
};

const isWrittenIn = (part) =>
  [...part.querySelectorAll('input:not([type=hidden]), textarea')].some(
    ({ value, defaultValue }) => value !== defaultValue,
  );

const renew = async () => {
  if (renewing) return void (again = true);
  renewing = true;
  do {
    again = false;
    try {
      const response = await fetch(location.href, { headers: { accept: 'text/html' } });
      // A page that lacks what the queue runner knows (503) says all else.
      if (response.ok || response.status === 503) {
        const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
        const { changes } = fresh.documentElement.dataset;
        // One that says only what went wrong has no such mark.
        if (changes) {
          document.documentElement.dataset.changes = changes;
          document.title = fresh.title;
        }
        for (const part of parts()) {
          const next = fresh.getElementById(part.id);
          if (!next) continue;
          keepOpen(part, next);
          // What somebody uses right now is not taken from under them.
          if (part.isEqualNode(next) || part.contains(document.activeElement) || isWrittenIn(part)) continue;
          part.replaceWith(document.importNode(next, true));
        }
      }
    } catch {
      say('The connection was lost; trying again.');
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  } while (again);
  renewing = false;
};

const listen = () => {
  if (document.hidden) {
    stream?.close();
    stream = undefined;
    delete document.documentElement.dataset.listening;
  } else if (!stream && parts().length > 0) {
    // What changed since this page was made is told at once.
    const since = document.documentElement.dataset.changes;
    stream = new EventSource(since ? `/events?since=${encodeURIComponent(since)}` : '/events');
    stream.addEventListener('open', () => (document.documentElement.dataset.listening = ''));
    stream.addEventListener('changed', renew);
  }
};
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void renew();
  listen();
});
listen();
