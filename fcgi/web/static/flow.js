// Forms of the identity service, and of one's own account, answered in place:
// the form is sent as it is, then the page is fetched again and what it says
// now is put in the place of what it said. Without this script the same forms
// lead to the same pages.

const main = document.getElementById("main");
const each = (selector, act, root) => {
  for (const node of root.querySelectorAll(selector)) act(node);
};

// --- what is said -----------------------------------------------------------

// One region, there from the start, so that changes of it are read out.
const live = document.createElement("p");
live.className = "sr";
live.setAttribute("role", "status");
document.body.append(live);

const say = (text) => {
  live.textContent = "";
  requestAnimationFrame(() => {
    live.textContent = text;
  });
};

// A failure of the way to the server, told above the form. What was typed
// stays, and after three failures in a row it says so.
const RETRIES = 3;
let failures = 0;

const showFailure = (form) => {
  failures += 1;
  main.querySelector("[data-failure]")?.remove();
  const box = document.createElement("div");
  const text = document.createElement("p");
  box.className = "banner banner-error";
  box.dataset.failure = "";
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  text.textContent =
    failures < RETRIES
      ? "The connection failed. What you typed is still here: try again."
      : "The connection keeps failing. Check your network, then load this page again.";
  box.append(text);
  form.before(box);
  box.focus();
};

// --- new content -------------------------------------------------------------

// What people typed and the server did not send back, by id; never a password
// or a code, which are typed anew.
const SECRET = /^(password|current-password|new-password|one-time-code|off)$/;
const drafts = () =>
  [...main.querySelectorAll("input[id], textarea[id], select[id]")].filter(
    (field) =>
      field.type !== "password" && field.type !== "hidden" && field.value !== "" &&
      !SECRET.test(field.autocomplete),
  );

const keepDrafts = (old) => {
  for (const field of old) {
    const now = document.getElementById(field.id);
    if (now && now.value === "" && now.type === field.type) now.value = field.value;
  }
};

// The first thing to deal with: a wrong field, else the message of the whole,
// which is read out by its role and by the focus.
const focusFirst = () => {
  const wrong = main.querySelectorAll('[aria-invalid="true"]');
  if (wrong.length > 0) {
    wrong[0].focus();
    say(wrong.length === 1 ? "One field needs correction." : `${wrong.length} fields need correction.`);
    return;
  }
  const target =
    main.querySelector(".banner-error") ?? main.querySelector(".banner") ?? main.querySelector("h1");
  target.tabIndex = -1;
  target.focus();
};

// A page whose script is another one is loaded, not put in.
const needsLoading = (page) =>
  page.querySelector("#main script[src*='webauthn.js']") &&
  !document.querySelector("script[src*='webauthn.js']");

const show = (text, url) => {
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.getElementById("main");
  if (!fresh || needsLoading(page)) {
    location.assign(url);
    return;
  }
  const old = drafts();
  for (const script of fresh.querySelectorAll("script")) script.remove();
  each("[autofocus]", (field) => field.removeAttribute("autofocus"), fresh);
  main.replaceChildren(...fresh.childNodes);
  document.title = page.title;
  if (url !== location.href) history.replaceState(null, "", url);
  keepDrafts(old);
  main.dispatchEvent(new CustomEvent("mirai:fresh", { bubbles: true }));
  bind(main);
  globalThis.oryPasskeyLoginAutocompleteInit?.();
  failures = 0;
  focusFirst();
};

// The page at an address, or wherever it leads; what cannot be fetched, as on
// another host, is gone to.
const fetchPage = async (url) => {
  try {
    const answer = await fetch(url, { credentials: "same-origin" });
    show(await answer.text(), answer.url);
  } catch {
    location.assign(url);
  }
};

// --- sending -----------------------------------------------------------------

const setBusy = (form, on) => {
  form.toggleAttribute("aria-busy", on);
  if (on) form.setAttribute("aria-busy", "true");
  each(
    "button",
    (button) => {
      if (on) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
      if (!button.dataset.busyLabel) return;
      if (on) button.dataset.label ??= button.textContent;
      button.textContent = on ? button.dataset.busyLabel : button.dataset.label;
    },
    form,
  );
};

// Everything of the form and the button that was pressed.
const fieldsOf = (form, button) => {
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.append(button.name, button.value);
  return fields;
};

// The plain way, for what only a navigation can do. The service keeps what
// was typed while one signs in again.
const sendPlainly = (form, button) => {
  if (button?.name) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = button.name;
    field.value = button.value;
    form.append(field);
  }
  HTMLFormElement.prototype.submit.call(form);
};

// Where an answer leads: an address, or null to stay on this page.
const leadsTo = (answer) => {
  if (answer.redirect_browser_to) return answer.redirect_browser_to;
  for (const item of answer.continue_with ?? []) {
    if (item.redirect_browser_to) return item.redirect_browser_to;
    const kind = /^show_(verification|settings|recovery)_ui$/.exec(item.action);
    if (kind) return item.flow.url ?? `/auth/${kind[1]}?flow=${encodeURIComponent(item.flow.id)}`;
  }
  return answer.session || answer.identity?.id && !answer.ui ? "/dashboard" : null;
};

// A flow that replaces this one, by its id.
const replaced = (answer) => {
  const url = new URL(location.href);
  url.searchParams.set("flow", answer.use_flow_id);
  return url.href;
};

const afterAnswer = async (form, button, response) => {
  const answer = await response.json();
  const flow = new URL(location.href);
  if (response.status === 429 && !answer.ui) {
    sendPlainly(form, button);
    return;
  }
  if (response.status >= 500) throw new Error(String(response.status));
  if (answer.use_flow_id) return fetchPage(replaced(answer));
  if (answer.ui) {
    flow.searchParams.delete("retry");
    if (response.ok && leadsTo({ continue_with: answer.continue_with }))
      return location.assign(leadsTo(answer));
    return fetchPage(flow.href);
  }
  const to = leadsTo(answer);
  if (to && response.status !== 403) return location.assign(to);
  sendPlainly(form, button);
};

const send = async (form, button) => {
  const fields = fieldsOf(form, button);
  setBusy(form, true);
  try {
    const response = await fetch(form.getAttribute("action"), {
      method: "POST",
      headers: { accept: "application/json" },
      body: fields,
      credentials: "include",
    });
    await afterAnswer(form, button, response);
  } catch {
    setBusy(form, false);
    showFailure(form);
  }
};

// A form of this host: its answer is a page.
const sendOwn = async (form, button) => {
  const fields = fieldsOf(form, button);
  setBusy(form, true);
  try {
    const response = await fetch(form.getAttribute("action"), {
      method: "POST",
      body: fields,
      credentials: "same-origin",
    });
    if (response.status >= 500) throw new Error(String(response.status));
    show(await response.text(), response.url);
  } catch {
    setBusy(form, false);
    showFailure(form);
  }
};

const bindForm = (way) => (form) => {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    // Enter in a form whose one button is not a submit button.
    const trigger = event.submitter ? null : form.querySelector("[data-trigger]");
    if (trigger) trigger.click();
    else way(form, event.submitter);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) setBusy(form, false);
  });
};

// --- fields ------------------------------------------------------------------

// The new password a second time: compared when it changes and when it is
// left, and the form does not go while the two differ.
const bindConfirm = (box) => {
  const again = box.querySelector("input");
  const first = document.getElementById(again.id.replace(/-again$/, ""));
  const note = box.querySelector(".field-error");
  const check = (strict) => {
    const wrong = again.value !== first.value && (strict || again.value !== "");
    again.setCustomValidity(again.value === first.value ? "" : note.dataset.text);
    again.setAttribute("aria-invalid", String(wrong));
    note.textContent = wrong ? note.dataset.text : "";
    return again.value === first.value;
  };
  box.hidden = false;
  again.disabled = false;
  again.required = true;
  again.addEventListener("input", () => check(again.getAttribute("aria-invalid") === "true"));
  again.addEventListener("change", () => check(true));
  again.addEventListener("blur", () => check(again.value !== "" || first.value !== ""));
  first.addEventListener("input", () => check(again.getAttribute("aria-invalid") === "true"));
  check(false);
  first.form.addEventListener(
    "submit",
    (event) => {
      if (check(true)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      again.focus();
    },
    true,
  );
};

// Buttons that only script can serve: those of webauthn.js, which answers
// their clicks wherever they stand.
const bindTrigger = (button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    if (!globalThis.oryWebAuthnInitialized)
      say("Security keys are not available here. Load the page again to try once more.");
  });
};

const addButton = (box, label, act) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-plain";
  button.textContent = label;
  button.addEventListener("click", () => act(button));
  box.append(button);
};

const copy = (text) => async (button) => {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    say("Copied");
  } catch {
    say("Copying is not allowed here. Mark the text and copy it by hand.");
  }
};

// A secret, or a list of codes, to keep elsewhere.
const bindCopy = (box) => addButton(box, "Copy", copy(box.querySelector("code").textContent));

const bindKeep = (box) => {
  const codes = [...box.querySelectorAll("code")].map((code) => code.textContent);
  const actions = document.createElement("p");
  actions.className = "actions";
  box.append(actions);
  addButton(actions, "Copy", copy(codes.join("\n")));
  addButton(actions, "Print", () => print());
};

const bind = (root) => {
  each("form[data-flow]", bindForm(send), root);
  each("form[data-swap]", bindForm(sendOwn), root);
  each("[data-confirm]", bindConfirm, root);
  each("[data-trigger]", bindTrigger, root);
  each("[data-copy]", bindCopy, root);
  each("[data-keep]", bindKeep, root);
};
bind(main);
