// A table that brings itself up to date would move its rows while somebody aims at one of them. So it
// waits while a mouse is over its rows, or some of them are ticked. Fingers do not hover, and a focused button keeps its row.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  // A page that asks by itself says so: nobody is there, and the login ends as if it were closed.
  if (ctx.sourceElement.getAttribute("hx-trigger")?.startsWith("every")) ctx.request.headers["X-Poll"] = "1";
});

document.addEventListener("htmx:before:request", (event) => {
  const context = event.detail.ctx;
  const polls = context.sourceElement.matches(".table");
  const aimed = matchMedia("(hover: hover)").matches && context.target.querySelector("tbody:hover");
  const waits = Boolean(polls && (aimed || context.target.querySelector("tbody input:checked")));
  context.target.classList.toggle("waits", waits);
  if (waits) event.preventDefault();
});
