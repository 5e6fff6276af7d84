// Keys for those who live in it. None is needed, and the account can turn them off: templates/keys.html lists them.
const isTyped = (element) => element.closest("input:not([type=checkbox]), select, textarea, dialog, [contenteditable]");
const rows = () => [...document.querySelectorAll("main :is(tbody tr, .rows > li)")].filter((row) => row.querySelector("a[href]") && row.checkVisibility());
const here = () => document.activeElement.closest("tbody tr, .rows > li");

// The focus itself goes from row to row: it stays where it is after that, and Enter opens the row.
const move = (step) => {
  const all = rows();
  const row = all[all.indexOf(here()) + (all.includes(here()) || step > 0 ? step : 0)];
  row?.querySelector("a[href]").focus();
};

const showKeys = async () => {
  const answer = await fetch(document.documentElement.dataset.base + "keys", { headers: { "HX-Request": "true", "HX-Current-URL": location.href } });
  if (!answer.ok) return location.assign(document.documentElement.dataset.base + "keys");
  const dialog = document.createElement("dialog");
  dialog.id = "keys";
  dialog.setAttribute("aria-labelledby", "keys-title");
  dialog.innerHTML = await answer.text();
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
};

const deeds = {
  j: () => move(1),
  k: () => move(-1),
  x: () => here()?.querySelector("td.selection input")?.click(),
  u: () => here()?.querySelector("button[aria-label^=Unban]:enabled")?.click(),
  "?": showKeys,
};

document.addEventListener("keydown", (event) => {
  const isOff = document.documentElement.dataset.keys === "off";
  const isOurs = !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing && Object.hasOwn(deeds, event.key);
  if (isOff || !isOurs || isTyped(event.target) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  deeds[event.key]();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href$='/keys']");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    document.getElementById("account")?.hidePopover();
    showKeys();
  }
  // What a phone folds away closes with the answer to it.
  if (event.target.closest("a")) event.target.closest(".fold[popover]")?.hidePopover();
});
document.addEventListener("submit", (event) => event.target.closest(".fold[popover]")?.hidePopover());
