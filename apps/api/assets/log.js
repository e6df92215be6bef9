// Follows a log: bytes come by SSE and go in as text nodes, never as HTML, each line at an address of its own. A lost connection
// resumes where it was.
const pane = document.getElementById('log');
const status = document.getElementById('log-status');
const follow = document.getElementById('follow');
const firstError = document.getElementById('first-error');
const error = pane.dataset.error ? new RegExp(pane.dataset.error, 'i') : undefined;
const scroll = () => {
  if (follow.checked) pane.scrollTop = pane.scrollHeight;
};

let line = pane.lastElementChild;
let nr = Number(line?.querySelector('a').dataset.nr ?? 0);
let open = line !== null && !line.textContent.endsWith('\n');
const begin = () => {
  nr++;
  const link = document.createElement('a');
  link.id = `L${nr}`;
  link.href = `#L${nr}`;
  link.dataset.nr = nr;
  link.tabIndex = -1;
  link.ariaLabel = `Line ${nr}`;
  line = document.createElement('span');
  line.className = 'line';
  line.append(link, document.createElement('span'));
  pane.append(line);
};
const mark = () => {
  if (!error || !firstError.hidden || !error.test(line.textContent)) return;
  line.classList.add('first-error');
  line.firstElementChild.ariaLabel = `Line ${nr}, first error`;
  firstError.href = `#L${nr}`;
  firstError.textContent = `✗ First error: line ${nr}`;
  firstError.hidden = false;
};
const add = (text) => {
  for (const piece of text.split(/(?<=\n)/)) {
    if (!open) begin();
    line.lastElementChild.append(piece);
    open = !piece.endsWith('\n');
    if (!open) mark();
  }
};

// How the step ended, as the page says it now: a log may end a moment before its step does.
const renew = async () => {
  for (let pause = 250; pause <= 8000; pause *= 2) {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } }).catch(() => undefined);
    const page = response?.ok && new DOMParser().parseFromString(await response.text(), 'text/html');
    const [now, fresh] = [document, page || document].map((one) => one.getElementById('log-state'));
    if (fresh && !fresh.isEqualNode(now)) return now.replaceWith(document.importNode(fresh, true));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
};

if (pane.dataset.stream) {
  const stream = new EventSource(pane.dataset.stream);
  status.textContent = 'Live: the log is being written.';
  stream.addEventListener('log', (message) => {
    add(JSON.parse(message.data));
    scroll();
  });
  stream.addEventListener('end', () => {
    stream.close();
    if (open) mark();
    status.textContent = 'The log is complete.';
    void renew();
  });
}
follow.addEventListener('change', scroll);

// A line that was asked for stands in the middle; else what is followed is followed.
const wanted = () => document.getElementById(location.hash.slice(1) || `L${pane.dataset.line}`);
const show = () => {
  const found = wanted();
  if (!found || !pane.contains(found)) return scroll();
  follow.checked = false;
  for (const other of pane.querySelectorAll('.wanted')) other.classList.remove('wanted');
  found.parentElement.classList.add('wanted');
  found.parentElement.scrollIntoView({ block: 'center' });
};
addEventListener('hashchange', show);
show();
