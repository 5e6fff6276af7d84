// Whether BanGUI answers, and how old is what the page shows. What cannot be known any more is marked until it can.
{
  const often = 5000, old = 15000, byId = (id) => document.getElementById(id);
  let good = Date.now(), ticked = good, woke = 0, skew = 0, asking = false, before, ticks = 0;

  const clock = (time) => new Date(time).toLocaleTimeString("en-GB");

  // As the server writes it (`ago` in view/format.rs).
  const ago = (passed) => {
    if (passed < 5) return "just now";
    const days = Math.floor(passed / 86400);
    if (passed < 60) return `${passed} s ago`;
    if (passed < 3600) return `${Math.floor(passed / 60)} min ago`;
    if (!days) return `${Math.floor(passed / 3600)} h ago`;
    return days === 1 ? "1 day ago" : `${days} days ago`;
  };

  function tellTimes() {
    for (const time of document.querySelectorAll("time")) {
      const at = Date.parse(time.dateTime), now = time.textContent;
      let text = now;
      if (/^(just now|\d+ (s|min|h|days?) ago)$/.test(now)) {
        text = ago(Math.max(0, Math.floor((Date.now() + skew - at) / 1000)));
      } else if (/^as of \d\d:/.test(now)) text = `as of ${clock(at)}`;
      if (text !== now) time.textContent = text;
    }
  }

  // Nothing is sent to a fail2ban that does not answer.
  function arm() {
    const isDown = Boolean(document.querySelector("#daemon.down"));
    const paths = ["jails/", "bans", "unban", "server/"].map((path) => `[action^="${document.documentElement.dataset.base}${path}"]`);
    for (const form of document.querySelectorAll(`main form[method=post]:is(${paths}):not([action$="/dismiss"], [action$="/server/start"])`)) {
      for (const button of form.querySelectorAll("button")) {
        if (isDown && !button.disabled) button.dataset.off = button.disabled = true;
        else if (!isDown && button.dataset.off) {
          delete button.dataset.off;
          button.disabled = false;
        }
      }
    }
  }

  function mark(isOld, isLost) {
    const { classList } = document.documentElement, daemon = byId("daemon");
    if (isOld && !before && daemon) {
      before = [...daemon.childNodes].map((node) => node.cloneNode(true));
      daemon.querySelector("span:last-child").textContent = "No connection";
    } else if (!isOld && before) {
      daemon?.replaceChildren(...before);
      before = undefined;
    }
    classList.toggle("old", isOld);
    if (!isLost) byId("lost")?.remove();
    else if (!byId("lost")) {
      const line = document.createElement("p");
      Object.assign(line, { id: "lost", role: "alert" });
      line.textContent = `Connection to BanGUI lost since ${clock(good)}. What you see may be out of date.`;
      document.body.append(line);
    }
  }

  function answered(response) {
    const date = Date.parse(response.headers.get("Date")) - Date.now();
    skew = Math.abs(date) > 3000 ? date : 0;
    const wasOld = before;
    good = Date.now();
    mark(false, false);
    // What was put back is from before: it is looked at again.
    if (wasOld) ask();
  }

  const failed = () => mark(true, true);

  function say(text) {
    const note = document.createElement("div"), words = document.createElement("div");
    const close = document.createElement("a"), list = byId("messages");
    note.className = "note bad";
    words.textContent = text;
    Object.assign(close, { className: "close", href: location.href, ariaLabel: "Close this message" });
    note.append(words, close);
    if (!list.childElementCount) list.className = "over"; // it moves nothing (rows.js)
    list.prepend(note);
  }

  // The state of fail2ban, where no table of the page brings it along.
  async function ask() {
    const daemon = byId("daemon");
    if (asking || !daemon) return;
    asking = true;
    try {
      const headers = { "HX-Request": "true", "HX-Current-URL": location.href, "X-Poll": "1" };
      const response = await fetch(document.documentElement.dataset.base + "server/state", { headers, signal: AbortSignal.timeout(8000) });
      if (response.headers.has("HX-Redirect")) return location.reload();
      if (!response.ok) throw response;
      const part = document.createElement("template");
      part.innerHTML = await response.text();
      const now = part.content.firstElementChild;
      before = undefined;
      daemon.className = now.className;
      if (daemon.innerHTML !== now.innerHTML) daemon.replaceChildren(...now.childNodes);
      answered(response);
      arm();
    } catch {
      failed();
    } finally {
      asking = false;
    }
  }

  // After a sleep nothing is known: neither that it is lost nor that it is not.
  function wake() {
    woke = Date.now();
    mark(true, false);
    ask();
    for (const table of document.querySelectorAll(".table[hx-get]")) globalThis.htmx?.trigger(table, "every");
  }

  setInterval(() => {
    const now = Date.now(), age = now - good;
    if (now - ticked > 2 * old && age > old) wake();
    ticked = now;
    // A page without the state of fail2ban asks for nothing, so nothing of it grows old.
    if (document.hidden || !byId("daemon")) return;
    if (age > often + 1000) ask();
    if (age > 2 * often && now - woke > often) mark(true, age > old);
    if (++ticks % 5 === 0) tellTimes();
  }, 1000);
  addEventListener("pageshow", (event) => event.persisted && wake());
  addEventListener("offline", failed);
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", () => !document.hidden && Date.now() - good > 2 * often && wake());

  const acts = (context) => context && !/^(GET|HEAD)$/.test(context.request.method);

  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail, { raw, status } = ctx.response;
    // What something in front of BanGUI answers is not BanGUI's.
    if (status < 500 || /id="(daemon|messages)"/.test(ctx.text)) return answered(raw);
    event.preventDefault();
    failed();
    if (acts(ctx)) unknown(ctx);
  });

  const unknown = (ctx) => {
    ctx.said = "Unknown"; // in its row (rows.js)
    say("BanGUI did not answer, so it is not known whether this was done. Look again before you repeat it.");
  };

  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (!ctx || ctx.response) return;
    failed();
    if (acts(ctx)) navigator.onLine ? unknown(ctx) : say("Not done: no connection. Try again when it is back.");
  });

  // A form of a whole page would leave it for the browser's own error.
  document.addEventListener("submit", (event) => {
    if (navigator.onLine || event.defaultPrevented || event.target.method !== "post") return;
    event.preventDefault();
    say("Not done: no connection. Try again when it is back.");
  });

  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    arm();
    tellTimes();
    // An answer of fail2ban's own state came along.
    if (document.querySelector("html:not(.old)")) before = undefined;
    const work = byId("work");
    if (acts(ctx) && ctx.target instanceof Node && work?.contains(ctx.target)) work.scrollIntoView({ block: "nearest" });
    // The rows that an unban of many has lifted go when it ends.
    const bans = byId("bans");
    if (ctx.sourceElement.id === "bulk" && bans && !document.querySelector("#bulk[hx-get]")) {
      globalThis.htmx.ajax("GET", bans.getAttribute("hx-get"), { target: bans, swap: "outerMorph" });
    }
    if (acts(ctx) && document.activeElement === document.body && ctx.sourceElement.action?.endsWith("/dismiss")) byId("main").focus();
  });
  document.addEventListener("htmx:finally:request", () => setTimeout(arm));
  arm();
  tellTimes();
}
