// Follows a log: bytes come by SSE and go in as text nodes, never as HTML. A lost connection resumes where it was.
const pane = document.getElementById('log');
const status = document.getElementById('log-status');
const follow = document.getElementById('follow');
const scroll = () => {
  if (follow.checked) pane.scrollTop = pane.scrollHeight;
};
if (pane.dataset.stream) {
  const stream = new EventSource(pane.dataset.stream);
  status.textContent = 'Live: the log is being written.';
  stream.addEventListener('log', (message) => {
    pane.append(JSON.parse(message.data));
    scroll();
  });
  stream.addEventListener('end', () => {
    stream.close();
    status.textContent = 'The log is complete.';
  });
}
follow.addEventListener('change', scroll);
scroll();
