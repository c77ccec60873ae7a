// What script adds to signing up: the account and the plan one after the other,
// rules that are ticked off, seats and their price, and forms that are answered
// in place, so that a password once typed is not asked again. What is typed,
// but no password, stays in this tab until the registration is over, for those
// who come back from the checkout.

const { LOST, isStrong, showFailure, showRules } = await import(`./typed.js${new URL(import.meta.url).search}`);

const KEPT = "mirai-registration";
const KEPT_FIELDS = [
  "email", "company_name", "industry", "team_size", "first_name", "last_name", "plan", "seats",
];
const main = document.getElementById("main");
const form = () => main.querySelector("form[data-wizard]");
const each = (selector, act) => {
  for (const node of main.querySelectorAll(selector)) act(node);
};

// --- what is kept --------------------------------------------------------------

const secrets = {};
let busy = false;

const keep = () => {
  try {
    const now = new FormData(form());
    const kept = Object.fromEntries(KEPT_FIELDS.map((name) => [name, now.get(name) ?? ""]));
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // Storage may be switched off.
  }
};

const forget = () => {
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // Then there is nothing in it.
  }
};

const resume = () => {
  if (new URLSearchParams(location.search).get("checkout") !== "canceled") return;
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    for (const [name, value] of Object.entries(kept)) {
      const field = form().elements.namedItem(name);
      if (field && "value" in field && typeof value === "string") field.value = value;
    }
  } catch {
    // Not ours, or switched off.
  }
};

// --- rules and seats -------------------------------------------------------------

const plan = () => main.querySelector("[data-plans] input:checked");

const showTotal = () => {
  const seats = main.querySelector("#seats");
  const total = main.querySelector("[data-total]");
  const chosen = plan();
  if (!seats || !total || !chosen) return;
  const cents = Number(chosen.dataset.cents);
  seats.max = chosen.dataset.max;
  total.hidden = cents === 0 || !(Number(seats.value) >= 1);
  const dollars = Math.round((cents * Number(seats.value)) / 100);
  total.querySelector("output").textContent = `$${dollars.toLocaleString("en-US")}`;
  each("[data-step]", (button) => {
    const next = Number(seats.value) + Number(button.dataset.step);
    button.disabled = next < 1 || next > Number(seats.max);
  });
};

const bindStepper = () => {
  const seats = main.querySelector("#seats");
  if (!seats) return;
  const step = (by, label, text) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-plain";
    button.dataset.step = String(by);
    button.textContent = text;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => {
      const most = Number(seats.max) || 1000;
      seats.value = String(Math.min(most, Math.max(1, (Number(seats.value) || 1) + by)));
      refresh();
    });
    return button;
  };
  seats.before(step(-1, "One seat less", "\u2212"));
  seats.after(step(1, "One seat more", "+"));
};

// --- what is filled in -------------------------------------------------------------

const isEnterprise = () => plan()?.value === "enterprise";

const isMet = (scope) => {
  const fields = [...scope.querySelectorAll("input, select")];
  if (!fields.every((field) => field.checkValidity())) return false;
  if (fields.some((field) => field.required && field.value.trim() === "")) return false;
  const typed = scope.querySelector("#password");
  if (!typed) return true;
  return isStrong(typed.value) && typed.value === scope.querySelector("#confirm").value;
};

// The sales desk needs names, and no password.
const NAMES = "#first_name, #last_name";
const mayLeaveAccount = () =>
  isEnterprise()
    ? [...main.querySelectorAll(NAMES)].every((field) => field.value.trim() !== "")
    : isMet(panels()[0]);

const showMismatch = () => {
  const typed = main.querySelector("#password");
  const again = main.querySelector("#confirm");
  if (!again) return;
  const differs = again.value !== "" && again.value !== typed.value;
  again.setAttribute("aria-invalid", String(differs));
  main.querySelector("#confirm-note").textContent = differs
    ? "The two passwords are not the same."
    : "";
};

// --- panels: one at a time ---------------------------------------------------------

const panels = () => [...main.querySelectorAll("[data-panel]")];
const shown = () => panels().find((panel) => !panel.hidden);

const showPanel = (name, focus) => {
  for (const panel of panels()) panel.hidden = panel.dataset.panel !== name;
  const foot = form().querySelector(".wizard-foot");
  const forward = foot.querySelector("[data-forward]");
  forward.hidden = name !== "account";
  foot.querySelector("[value=next]").hidden = name === "account";
  main.querySelector("[data-wizard-progress] progress").value = name === "account" ? 3 : 4;
  main.querySelectorAll(".wizard-steps li").forEach((item, i) => {
    item.setAttribute("aria-current", i === (name === "account" ? 2 : 3) ? "step" : "false");
  });
  refresh();
  if (focus) {
    const title = main.querySelector(`#${name}-title`);
    title.tabIndex = -1;
    title.focus();
  }
};

const leaveAccount = () => {
  if (!mayLeaveAccount() || busy) return;
  if (isEnterprise()) send(form().querySelector("[value=next]"));
  else showPanel("plan", true);
};

const bindPanels = () => {
  if (panels().length < 2) return;
  document.body.dataset.script = "";
  const next = form().querySelector("[value=next]");
  const forward = document.createElement("button");
  forward.type = "button";
  forward.className = "button";
  forward.dataset.forward = "";
  forward.textContent = "Continue";
  forward.addEventListener("click", leaveAccount);
  next.before(forward);
  form().querySelector("[value=back]").addEventListener("click", (event) => {
    if (shown().dataset.panel !== "plan") return;
    event.preventDefault();
    showPanel("account", true);
  });
  const wrong = main.querySelector('[aria-invalid="true"]')?.closest("[data-panel]");
  const told = main.querySelector(".banner-error");
  const start =
    wrong?.dataset.panel ?? (told || form().dataset.at === "plan" ? "plan" : "account");
  showPanel(isMet(panels()[0]) ? start : "account", false);
};

// --- sending ----------------------------------------------------------------------

const refresh = () => {
  showRules(main.querySelector("#password")?.value ?? "");
  showTotal();
  const next = form()?.querySelector("[value=next]");
  if (!next || busy) return;
  const forward = form().querySelector("[data-forward]");
  if (forward) forward.disabled = !mayLeaveAccount();
  next.disabled = !isMet(form()) && !(isEnterprise() && form().dataset.wizard === "account");
};

const showBusy = (button) => {
  busy = true;
  form().setAttribute("aria-busy", "true");
  if (!button?.dataset.busyLabel) return;
  button.dataset.label = button.textContent;
  button.textContent = button.dataset.busyLabel;
  button.disabled = true;
};

const endBusy = (button) => {
  busy = false;
  form()?.removeAttribute("aria-busy");
  if (button?.dataset.label) button.textContent = button.dataset.label;
  refresh();
};

const focusFirst = () => {
  const panel = shown();
  const target =
    main.querySelector('[aria-invalid="true"]') ??
    main.querySelector(".banner-error") ??
    panel?.querySelector("h2") ??
    main.querySelector(".field input") ??
    main.querySelector("h1");
  if (!target.matches("input, select")) target.tabIndex = -1;
  target.focus();
};

const putInPlace = (page, at) => {
  document.title = page.title;
  main.replaceChildren(...page.getElementById("main").childNodes);
  main.dispatchEvent(new CustomEvent("mirai:fresh", { bubbles: true }));
  const go = main.querySelector("a[data-go]");
  if (go) {
    location.assign(go.href);
    return;
  }
  if (!form()) {
    forget();
    focusFirst();
    return;
  }
  if (at) form().dataset.at = at;
  bindForm();
  focusFirst();
};

const send = async (button) => {
  const body = new URLSearchParams(new FormData(form(), button));
  const at = form().dataset.wizard === "contact" ? "plan" : "";
  body.set("by_script", "yes");
  for (const name of ["password", "confirm"])
    if (body.has(name)) secrets[name] = body.get(name);
  keep();
  showBusy(button);
  try {
    const answer = await fetch(form().getAttribute("action"), {
      method: "POST", body, credentials: "same-origin",
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.redirected) {
      location.assign(answer.url);
      return;
    }
    if (!page.getElementById("main")) throw new Error(String(answer.status));
    busy = false;
    putInPlace(page, at);
  } catch {
    endBusy(button);
    showFailure(form(), LOST);
  }
};

const bindForm = () => {
  const now = form();
  for (const name of ["password", "confirm"]) {
    const field = now.elements.namedItem(name);
    if (field && secrets[name]) field.value = secrets[name];
  }
  bindStepper();
  bindPanels();
  now.addEventListener("input", () => {
    if (now.querySelector("#confirm[aria-invalid=true]")) showMismatch();
    refresh();
  });
  now.addEventListener("change", (event) => {
    if (event.target.id === "confirm" || event.target.id === "password") showMismatch();
    if (event.target.name === "plan" && isEnterprise() && now.dataset.wizard === "account") {
      send(now.querySelector("[value=next]"));
      return;
    }
    refresh();
  });
  now.addEventListener("submit", (event) => {
    event.preventDefault();
    const forward = now.querySelector("[data-forward]");
    const button = event.submitter ?? now.querySelector("[value=next]");
    if (forward && !forward.hidden && button.value !== "back") {
      leaveAccount();
      return;
    }
    if (!busy) send(button);
  });
  refresh();
};

export const begin = () => {
  resume();
  bindForm();
};
