// The system's theme unless a choice is stored. Loaded before the page is drawn, so that nothing flashes.
const themes = ['auto', 'light', 'dark'];
const stored = () => {
  const theme = localStorage.getItem('theme');
  return themes.includes(theme) ? theme : 'auto';
};
const show = (theme) => {
  if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.dataset.theme = theme;
};
show(stored());
document.addEventListener('DOMContentLoaded', () => {
  const button = document.getElementById('theme');
  const label = () => (button.textContent = `Theme: ${stored()}`);
  button.hidden = false;
  label();
  button.addEventListener('click', () => {
    const next = themes[(themes.indexOf(stored()) + 1) % themes.length];
    localStorage.setItem('theme', next);
    show(next);
    label();
  });
});
