// `/` goes to the search of the header, unless something is being typed.
document.addEventListener("keydown", (event) => {
  if (document.documentElement.dataset.keys === "off" || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]")) return;
  const field = document.querySelector(".find input");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});
