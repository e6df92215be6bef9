// Renews the parts of a page marked `data-live` when the farm changed: one stream a page, closed while hidden.
const parts = () => [...document.querySelectorAll('[data-live][id]')];
const say = (text) => (document.getElementById('live-status').textContent = text);
let stream;
let renewing = false;
let again = false;

const renew = async () => {
  if (renewing) return void (again = true);
  renewing = true;
  do {
    again = false;
    try {
      const response = await fetch(location.href, { headers: { accept: 'text/html' } });
      if (response.ok) {
        const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
        for (const part of parts()) {
          const next = fresh.getElementById(part.id);
          // What somebody uses right now is not taken from under them.
          if (!next || part.isEqualNode(next) || part.contains(document.activeElement)) continue;
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
  } else if (!stream && parts().length > 0) {
    stream = new EventSource('/events');
    stream.addEventListener('changed', renew);
  }
};
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void renew();
  listen();
});
listen();
