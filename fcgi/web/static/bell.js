// The bell: the list of /notifications in a panel below it, kept current while
// the page is looked at. Without this the bell is a link to that page, and every
// button in it a form.

const SERVICE = "/mirai.v1.NotificationService/";
const DELAYS = [1, 2, 4, 8, 16, 30]; // seconds until a stream is opened again

const call = (method, message) =>
  fetch(SERVICE + method, {
    method: "POST",
    credentials: "same-origin",
    keepalive: true,
    headers: { "content-type": "application/json", "connect-protocol-version": "1" },
    body: JSON.stringify(message),
  });

const toLogin = () => {
  const here = location.pathname + location.search;
  location.assign(`/auth/login?return_to=${encodeURIComponent(here)}`);
};

// --- the button -----------------------------------------------------------------

let bell;
let said;

// The link becomes a button that opens the panel.
const makeBell = () => {
  const link = bell;
  bell = document.createElement("button");
  bell.type = "button";
  bell.className = link.className;
  bell.dataset.bell = "";
  bell.setAttribute("aria-expanded", "false");
  bell.setAttribute("aria-controls", "bell-panel");
  bell.append(...link.childNodes);
  link.replaceWith(bell);
};

const unreadOf = () => bell.querySelector(".bell-count").textContent;

// Shows a number ("", "7", "99+") and tells it to those who do not see it.
const showCount = (unread) => {
  if (unread === unreadOf()) return;
  const words = unread === "" ? "" : `, ${unread} unread`;
  bell.querySelector(".bell-count").textContent = unread;
  bell.querySelector(".sr").textContent = `Notifications${words}`;
  said.textContent =
    unread === "" ? "No unread notifications" : `${unread} unread notifications`;
};

const countDown = () => {
  const n = Number(unreadOf());
  if (n > 0) showCount(n === 1 ? "" : String(n - 1));
};

// --- the list ---------------------------------------------------------------------

let panel = null; // null on the page of the list itself
let shown = "/notifications"; // the address of the list that is shown
let drawn = ""; // and that of the list that is there
let asked = 0;

const fetchPage = async (href) => {
  const answer = await fetch(href, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
};

const listIn = () => document.getElementById("notices");
const bodyOf = () => panel?.querySelector(".bell-body");

const times = (root) => {
  for (const time of root.querySelectorAll("time[data-relative]"))
    time.title = new Date(time.dateTime).toLocaleString();
};

// Where the focus is, so that it can be there again in a fresh list.
const placeOf = (node) => {
  const row = node?.closest?.("[data-notice]");
  const kind = node?.closest?.("[data-delete]") ? "[data-delete] button" : ".notice-body";
  if (row) return `[data-notice="${row.dataset.notice}"] ${kind}`;
  if (node?.matches?.(".pills a")) return `.pills a[href="${node.getAttribute("href")}"]`;
  return ["[data-more]", "[data-mark-all] button"].find((one) => node?.matches?.(one)) ?? null;
};

const focusAgain = (inside, place) => {
  if (!inside) return;
  const target = (place && listIn()?.querySelector(place)) || panel || listIn();
  // What was a button may be read now, and is text.
  if (target && !target.matches("a, button")) target.tabIndex = -1;
  target?.focus();
};

// Older pages that were loaded already stay below the fresh first one.
const keepOlder = (old, fresh) => {
  const last = fresh.querySelector(".notice:last-child");
  const same = last && old.querySelector(`[data-notice="${last.dataset.notice}"]`);
  const kept = [];
  for (let row = same?.nextElementSibling; row; row = row.nextElementSibling)
    if (!row.hidden) kept.push(row);
  if (kept.length === 0) return;
  const next = old.querySelector(".notices-more");
  last.after(...kept);
  fresh.querySelector(".notices-more")?.remove();
  if (next) fresh.append(next);
};

const replaceList = (fresh, same) => {
  const old = listIn();
  const inside = Boolean(old?.contains(document.activeElement));
  const place = placeOf(document.activeElement);
  if (old && same) keepOlder(old, fresh);
  if (old) old.replaceWith(fresh);
  else bodyOf()?.replaceChildren(fresh);
  times(fresh);
  focusAgain(inside, place);
};

const failed = () => {
  const p = document.createElement("p");
  p.className = "bell-wait";
  p.setAttribute("role", "alert");
  p.textContent = "The notifications could not be loaded. Try again in a moment.";
  if (!listIn()) bodyOf()?.replaceChildren(p);
};

let pressed = false; // a list is not drawn anew under somebody's finger
let missed = false;
let acting = 0; // what is told to the server just now, and not yet in a list

const press = () => (pressed = true);
const letGo = () => {
  pressed = false;
  if (missed) refreshSoon();
  missed = false;
};

// The list and the number anew; only the last of several counts.
const refresh = async () => {
  const turn = (asked += 1);
  try {
    const page = await fetchPage(shown);
    if (turn !== asked || acting > 0) return;
    if (pressed) {
      missed = true;
      return;
    }
    showCount(page.querySelector(".bell-count").textContent);
    if (panel?.hidden) return;
    replaceList(page.getElementById("notices"), drawn === shown);
    drawn = shown;
  } catch {
    if (panel && !panel.hidden) failed();
  }
};

let soon;
const refreshSoon = () => {
  clearTimeout(soon);
  soon = setTimeout(refresh, 150);
};

// The next page comes below what is there. A list that was drawn anew meanwhile
// has a link of its own, which leads on from its own end.
const more = async (link) => {
  const list = drawn;
  link.setAttribute("aria-disabled", "true");
  try {
    const page = await fetchPage(link.href);
    if (!link.isConnected) {
      const now = listIn()?.querySelector("[data-more]");
      return now && drawn === list ? more(now) : undefined;
    }
    const rows = [...page.querySelectorAll("#notices .notice")];
    const next = page.querySelector("#notices .notices-more");
    listIn().querySelector(".notice-list").append(...rows);
    if (next) link.closest(".notices-more").replaceWith(next);
    else link.closest(".notices-more").remove();
    times(listIn());
    rows[0]?.querySelector(".notice-body").focus();
  } catch {
    location.assign(link.href);
  }
  return undefined;
};

// --- what is done to notices --------------------------------------------------------

// The row looks read at once; the server is told meanwhile.
const readLooks = (row) => {
  row.classList.replace("notice-unread", "notice-read");
  countDown();
};

const act = async (method, message) => {
  acting += 1;
  asked += 1; // a list that is on its way does not know of it
  try {
    const answer = await call(method, message);
    if (answer.status === 401) return toLogin();
    // Gone already is gone as asked.
    if (!answer.ok && answer.status !== 404) throw new Error(method);
  } catch {
    said.textContent = "That did not work. Try again.";
  } finally {
    acting -= 1;
  }
  return refreshSoon();
};

const onRead = async (form) => {
  const row = form.closest("[data-notice]");
  const to = form.elements.to.value;
  readLooks(row);
  const told = act("MarkAsRead", { notificationIds: [row.dataset.notice] });
  if (to === "") return told;
  // The call outlives the page; whoever waits for it waits a moment at most.
  await Promise.race([told, new Promise((done) => setTimeout(done, 300))]);
  return location.assign(to);
};

const onDelete = (form) => {
  const row = form.closest("[data-notice]");
  const next = row.nextElementSibling ?? row.previousElementSibling;
  if (row.classList.contains("notice-unread")) countDown();
  row.hidden = true;
  (next?.querySelector(".notice-body") ?? panel)?.focus();
  said.textContent = "Notification deleted";
  return act("DeleteNotification", { notificationId: row.dataset.notice });
};

const onReadAll = () => {
  for (const row of listIn().querySelectorAll(".notice-unread"))
    row.classList.replace("notice-unread", "notice-read");
  showCount("");
  return act("MarkAllAsRead", {});
};

const bindList = (root) => {
  root.addEventListener("pointerdown", press);
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, letGo);
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-read]")) onRead(form);
    else if (form.matches("[data-delete]")) onDelete(form);
    else if (form.matches("[data-mark-all]")) onReadAll();
    else return;
    event.preventDefault();
  });
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.matches("[data-more]")) {
      event.preventDefault();
      if (!link.hasAttribute("aria-disabled")) more(link);
    } else if (panel && link.closest(".pills")) {
      event.preventDefault();
      shown = link.getAttribute("href");
      refresh().then(() => {
        listIn()?.querySelector('.pills [aria-current="true"]')?.focus();
      });
    }
  });
};

// --- the panel ------------------------------------------------------------------------

const PANEL = `
<div class="bell-head"><h2 id="bell-title">Notifications</h2>
<button type="button" class="icon-button" data-close><svg class="icon" aria-hidden="true"><use href="/static/icons.svg#close"/></svg><span class="sr">Close</span></button></div>
<div class="bell-body"><p class="bell-wait" role="status">Loading …</p></div>
<div class="bell-foot"><a href="/notifications">View all notifications</a></div>`;

const close = (back) => {
  if (panel.hidden) return;
  panel.hidden = true;
  bell.setAttribute("aria-expanded", "false");
  if (back) bell.focus();
};

const open = () => {
  panel.hidden = false;
  bell.setAttribute("aria-expanded", "true");
  panel.focus();
  refresh();
};

const makePanel = () => {
  panel = document.createElement("div");
  panel.id = "bell-panel";
  panel.className = "bell-panel";
  panel.hidden = true;
  panel.tabIndex = -1;
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-labelledby", "bell-title");
  panel.innerHTML = PANEL;
  bell.after(panel);
  bindList(panel);
  panel.querySelector("[data-close]").addEventListener("click", () => close(true));
  bell.addEventListener("click", () => (panel.hidden ? open() : close(true)));
  document.addEventListener("click", (event) => {
    const path = event.composedPath();
    if (!path.includes(panel) && !path.includes(bell)) close(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close(true);
  });
};

// --- what happens meanwhile ------------------------------------------------------------

let stream = null;
let tries = 0;
let timer;
let lastId = ""; // the last event that is known here
let over = false; // signed out, or not let in: nobody asks again

const hangUp = () => {
  clearTimeout(timer);
  stream?.close();
  stream = null;
};

const again = () => {
  hangUp();
  if (over || document.hidden) return;
  timer = setTimeout(listen, DELAYS[Math.min(tries, DELAYS.length - 1)] * 1000);
  tries += 1;
};

// A stream that was refused does not say why; a call does.
const askWhy = async () => {
  hangUp();
  try {
    const { status } = await call("GetUnreadCount", {});
    over = status === 401 || status === 403;
  } catch {
    // No network: it may come back.
  }
  again();
};

const onEnd = (event) => {
  const { code } = JSON.parse(event.data);
  over = ["unauthenticated", "permission_denied", "not_found"].includes(code);
  again();
};

const listen = () => {
  hangUp();
  let alive = 0;
  const ask = new URLSearchParams({ jobs: "1" });
  const unsure = lastId === "" || tries > 0;
  if (lastId !== "") ask.set("last_event_id", lastId);
  const source = new EventSource(`/events?${ask}`);
  const note = (event) => {
    if (event.lastEventId !== "") lastId = event.lastEventId;
  };
  stream = source;
  for (const kind of ["created", "read", "deleted", "resync"])
    source.addEventListener(kind, (event) => {
      note(event);
      tries = 0;
      refreshSoon();
    });
  // Where a job stands is told to whoever shows it.
  source.addEventListener("job", (event) => {
    note(event);
    const { job } = JSON.parse(event.data);
    document.dispatchEvent(new CustomEvent("mirai:job", { detail: job }));
    if (panel && !panel.hidden) refreshSoon();
  });
  // The first says that the stream stands; a second one that it lasts.
  source.addEventListener("keepalive", (event) => {
    note(event);
    alive += 1;
    if (alive === 1 && unsure) refreshSoon();
    if (alive > 1) tries = 0;
  });
  source.addEventListener("end", onEnd);
  source.onerror = () => {
    if (stream !== source) return;
    if (source.readyState === EventSource.CLOSED) askWhy();
    else again();
  };
};

// Only the page that is looked at holds a stream: a browser has few
// connections for each host.
const onLook = () => {
  if (document.hidden) {
    hangUp();
  } else if (!over && !stream) {
    listen();
    refreshSoon();
  }
};

export const begin = () => {
  said = document.createElement("p");
  said.className = "sr";
  said.setAttribute("role", "status");
  document.body.append(said);
  bell = document.querySelector("a[data-bell]");
  lastId = bell.dataset.after; // what came since is told when the stream stands
  if (listIn()) {
    shown = drawn = location.pathname + location.search;
    bindList(document.getElementById("main"));
    times(listIn());
  } else {
    makeBell();
    makePanel();
  }
  document.addEventListener("visibilitychange", onLook);
  addEventListener("pagehide", hangUp);
  addEventListener("pageshow", (event) => event.persisted && onLook());
  if (!document.hidden) listen();
};
