const polls = (element) => Boolean(element.getAttribute("hx-trigger")?.startsWith("every"));

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  // A page that asks by itself says so: nobody is there, and the login ends as if it were closed.
  if (polls(ctx.sourceElement)) ctx.request.headers["X-Poll"] = "1";
});

// What came last, where the page had asked by itself: while that holds, the same question is answered without it.
let last;

document.addEventListener("htmx:before:request", ({ detail: { ctx: context } }) => {
  if (polls(context.sourceElement) && context.request.action === last?.url) {
    context.request.headers["If-None-Match"] = last.tag;
  }
});

// What somebody is about to press stays where it is. A finger points at nothing until it presses.
document.addEventListener("htmx:before:request", (event) => {
  const aims = matchMedia("(hover: hover)").matches ? ":is(:hover, :focus-within)" : ":focus-within";
  if (event.detail.ctx.sourceElement.id === "dashboard" && document.querySelector(`#latest tbody${aims}`)) {
    event.preventDefault();
  }
});

// Whatever else comes in between may change a part of it.
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  if (ctx.response.status !== 304) last = undefined;
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const tag = ctx.response.headers.get("ETag");
  if (ctx.response.status !== 304 && tag && polls(ctx.sourceElement)) last = { url: ctx.request.action, tag };
});
