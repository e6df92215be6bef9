// Keys for whoever lives on these pages: `/` search, `g` and a letter a page, `j` and `k` rows, `?` help. None while somebody
// types or another key is held, and none at all where the setting in the help says so.
const places = { o: '/', q: '/queue', m: '/machines' };
const help = document.getElementById('keys');
const setting = document.getElementById('keys-on');
const opener = document.getElementById('keys-open');
const on = () => localStorage.getItem('keys') !== 'off';
const TYPING = 'input, textarea, select, [contenteditable]';
/** How long after `g` its letter counts. */
const SOON_MS = 1500;

const rows = () => [...document.querySelectorAll('main tbody tr')].filter((row) => row.getClientRects().length > 0);
const move = (step) => {
  const all = rows().filter((row) => row.querySelector('a'));
  const at = all.indexOf(document.activeElement.closest('tr'));
  const next = all[at === -1 ? (step > 0 ? 0 : all.length - 1) : at + step];
  next?.querySelector('th a, a').focus();
};
const search = () => {
  const field = [...document.querySelectorAll('main input[type=search]')].find(
    (one) => one.getClientRects().length > 0,
  );
  if (field) field.select();
  else location.assign('/search');
};
const showHelp = () => {
  setting.checked = on();
  help.showModal();
};

let gone = 0;
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !on()) return;
  if (help.open || event.target.closest?.(TYPING)) return;
  const place = event.timeStamp - gone < SOON_MS ? places[event.key] : undefined;
  gone = event.key === 'g' ? event.timeStamp : -SOON_MS;
  if (place) location.assign(place);
  else if (event.key === '/') search();
  else if (event.key === 'j') move(1);
  else if (event.key === 'k') move(-1);
  else if (event.key === '?') showHelp();
  else if (event.key === 'Escape') return document.activeElement.blur();
  else return;
  event.preventDefault();
});
setting.addEventListener('change', () => localStorage.setItem('keys', setting.checked ? 'on' : 'off'));
opener.hidden = false;
opener.addEventListener('click', showHelp);
