// Rows stay where they are while the page keeps itself up to date, so that no click meets another row than the one
// that was aimed at. What ended is greyed, what is new is counted (`cut` in `domain/ban/held.rs`).
{
  const MOST_MESSAGES = 5;
  const byId = (id) => document.getElementById(id);
  const rows = (part) => [...part.querySelectorAll("tbody > tr[id]")];
  const updates = ({ sourceElement }) => sourceElement.matches(".table") && polls(sourceElement);

  // A style that the script gave an element stays when the same element comes again.
  htmx.config.morphIgnore.push("style", "open");

  // Figures come and go: their columns keep their widths.
  const freeze = (table) => {
    if (!table || table.style.tableLayout || getComputedStyle(table).display !== "table") return;
    const heads = [...table.tHead.rows[0].cells];
    const widths = heads.map((head) => head.getBoundingClientRect().width);
    heads.forEach((head, at) => { head.style.width = `${widths[at]}px`; });
    table.style.tableLayout = "fixed";
  };
  const thaw = (table) => {
    for (const part of [table, ...table?.tHead.rows[0].cells ?? []]) part?.removeAttribute("style");
  };
  addEventListener("resize", () => document.querySelectorAll(".table table").forEach(thaw));

  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail, { sourceElement: source, request } = ctx;
    ctx.focused = document.activeElement;
    if (updates(ctx) && source.dataset.asOf) {
      source.opened ??= source.dataset.asOf;
      const names = rows(source).map((row) => row.id.slice("ban-".length).replaceAll("%3A", ":"));
      request.headers["X-Rows"] = [source.opened, ...names].join(" ");
    }
    const cell = (request.submitter ?? source).closest("#bans tr[id] > td:last-child");
    ctx.row = cell?.parentElement;
    if (!cell) return;
    if (ctx.row.ariaBusy) return event.preventDefault();
    freeze(cell.closest("table"));
    ctx.row.ariaBusy = "true";
    delete cell.dataset.said;
    Object.assign(ctx, { target: cell, swap: "outerHTML" });
    request.headers["HX-Target"] = "td";
  });

  // Puts into `came` the rows that are shown, in their order; those that are gone as ended.
  const hold = (shown, came) => {
    const body = came.querySelector("tbody"), old = rows(shown);
    if (!body || !old.length) return thaw(shown.querySelector("table"));
    freeze(shown.querySelector("table"));
    const now = new Map(rows(came).map((row) => [row.id, row]));
    const added = [...now.values()].filter((row) => !old.some(({ id }) => id === row.id));
    // What would move as figures change waits with the rows.
    for (const part of [".countries", ".pages"]) {
      const held = shown.querySelector(part), next = came.querySelector(part);
      if (held && next) next.replaceWith(held.cloneNode(true));
      else next?.remove();
    }
    body.append(...old.map((row) => now.get(row.id) ?? ended(row.cloneNode(true))), ...added);
  };
  const ended = (row) => {
    row.classList.add("ended");
    row.querySelectorAll("td.selection input").forEach((box) => { box.disabled = true; });
    const cell = row.querySelector("td.end") && row.querySelector(".left-cell");
    if (!cell) return row;
    // The cell that begins where the word stands, so that nothing moves.
    while (cell.nextElementSibling) cell.nextElementSibling.remove();
    return Object.assign(cell, { className: "after", colSpan: 3, textContent: "Ended" }).parentElement;
  };

  // A message comes before those that are there, each with its own way back, and moves nothing.
  const stack = (task) => {
    const list = task.target;
    if (!list.childElementCount) list.className = "over";
    else if (!list.classList.contains("over")) list.style.height ||= `${list.offsetHeight}px`;
    task.swapSpec = { ...task.swapSpec, style: "afterbegin", strip: true };
  };

  // The rankings of the dashboard keep their order too; what is new in them comes last.
  const keepOrder = (shown, came) => {
    const order = [...shown.querySelectorAll(".ranking > li")].map(({ id }) => id);
    const place = ({ id }) => (order.includes(id) ? order.indexOf(id) : order.length);
    for (const list of came.querySelectorAll(".ranking")) {
      list.append(...[...list.children].sort((one, other) => place(one) - place(other)));
    }
  };

  document.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
    for (const task of tasks) {
      if (task.target?.id === "dashboard" && polls(ctx.sourceElement)) keepOrder(task.target, task.fragment);
      if (task.target?.id === "messages") stack(task);
      if (task.type !== "main" || !task.target?.matches?.(".table")) continue;
      if (updates(ctx)) hold(task.target, task.fragment);
      else {
        delete task.target.opened;
        thaw(task.target.querySelector("table"));
      }
    }
  });

  // The focus goes to what took the place of the control that had it, never to the start of the page.
  const refocus = ({ focused, row }) => {
    if (!focused || focused === document.body || ![null, document.body].includes(document.activeElement)) return;
    const place = byId((row ?? focused.closest("tr[id]"))?.id);
    const next = [focused, place?.querySelector("td:last-child button:enabled"), place?.querySelector("a"), byId("main")];
    next.find((element) => element?.isConnected && !element.disabled)?.focus({ preventScroll: true });
  };

  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.row) {
      ctx.row.ariaBusy = null;
      // What was taken back is not offered to be taken back any more.
      const { sourceElement: source } = ctx, isUndo = source.getAttribute("hx-post")?.endsWith("/bans/again");
      const ban = isUndo && ctx.response?.status < 400 && source.value;
      const old = ban && byId("messages").querySelector(`[action$="/bans/again"] input[name=ban][value="${CSS.escape(ban)}"]`);
      if (old && old.form.querySelectorAll("input[name=ban]").length === 1) old.closest(".note").remove();
      if (!(ctx.response?.status < 400) && ctx.target.isConnected) ctx.target.dataset.said = ctx.said ?? "Not done";
    }
    queueMicrotask(() => refocus(ctx)); // htmx first enables what it had disabled
  });

  document.addEventListener("htmx:after:swap", () => {
    const wrong = document.querySelector("main [aria-invalid=true]") ? "Error: " : "";
    document.title = wrong + document.title.replace(/^Error: /, "");
    while (byId("messages")?.childElementCount > MOST_MESSAGES) byId("messages").lastElementChild.remove();
    show();
  });

  document.addEventListener("click", (event) => {
    const close = event.target.closest("#messages .close");
    if (!close) return;
    event.preventDefault();
    const note = close.closest(".note"), list = note.parentElement;
    const next = (note.nextElementSibling ?? note.previousElementSibling)?.querySelector(".close");
    note.remove();
    if (!next) list.removeAttribute("style");
    (next ?? document.querySelector("td.after button") ?? byId("main")).focus({ preventScroll: true });
  });

  // What a message takes back is taken back in its rows, where they are shown: the others stay as they are.
  document.addEventListener("submit", (event) => {
    const note = event.target.closest("#messages .note");
    if (!note || !event.target.action.endsWith("/bans/again")) return;
    const bans = new FormData(event.target).getAll("ban");
    const undo = bans.map((ban) => document.querySelector(`#bans td.after button[value="${CSS.escape(ban)}"]`));
    if (!undo.every(Boolean)) return;
    event.preventDefault();
    note.remove();
    undo[0]?.focus({ preventScroll: true });
    for (const button of undo) button.click();
  });

  // What is ticked outlives paging, sorting and searching.
  const ticked = new Set();
  let place = location.pathname;
  const boxes = () => [...document.querySelectorAll("#bans tbody td.selection input")];
  const show = () => {
    if (place !== location.pathname) ticked.clear();
    place = location.pathname;
    for (const box of boxes()) {
      if (box.disabled || box.closest("tr").querySelector(".after")) ticked.delete(box.value);
      box.checked = ticked.has(box.value);
    }
    const all = document.querySelector("#bans th input"), open = boxes().filter((box) => !box.disabled);
    if (!all) return;
    all.hidden = false;
    all.checked = open.length > 0 && open.every((box) => box.checked);
    all.indeterminate = !all.checked && open.some((box) => box.checked);
    byId("bans").classList.toggle("has-ticked", ticked.size > 0);
    byId("ticked").textContent = `${ticked.size.toLocaleString("en")} selected`;
  };
  const tick = (box) => ticked[box.checked ? "add" : "delete"](box.value);
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("#bans td.selection input, #bans th input")) return;
    const open = target.closest("th") ? boxes().filter((box) => !box.disabled) : [target];
    for (const box of open) tick(Object.assign(box, { checked: target.checked }));
    show();
  });
  document.addEventListener("reset", ({ target }) => {
    if (target.id !== "pick") return;
    ticked.clear();
    queueMicrotask(show);
  });
  document.addEventListener("formdata", ({ target, formData }) => {
    if (target.id !== "pick") return;
    const here = formData.getAll("ban");
    for (const ban of ticked) if (!here.includes(ban)) formData.append("ban", ban);
  });
  // What a browser ticks again on the way back counts as ticked, and is shown as such.
  const restore = () => {
    boxes().filter((box) => box.checked).forEach(tick);
    show();
  };
  addEventListener("pageshow", restore);
  restore();
}
