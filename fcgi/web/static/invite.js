// What script adds to the form of somebody invited: rules that are ticked off,
// errors once a field was left, and an answer in place, so that a password once
// typed is not asked again when something else is wrong.

const { LOST, isStrong, showFailure, showRules } = await import(`./typed.js${new URL(import.meta.url).search}`);

const main = document.getElementById("main");
const form = () => main.querySelector("form[data-join]");
const field = (name) => form().elements.namedItem(name);

// --- rules -----------------------------------------------------------------------

const showTyped = () => showRules(field("password").value);

// What is wrong with a field, or "".
const CHECKS = {
  first_name: (s) => (s.trim() === "" ? "Please enter your first name." : ""),
  last_name: (s) => (s.trim() === "" ? "Please enter your last name." : ""),
  password: (s) => (isStrong(s) ? "" : "The password does not meet all of its rules yet."),
  confirm: (s) => (s === field("password").value ? "" : "The two passwords are not the same."),
};

const left = new Set();

const showError = (name) => {
  const text = CHECKS[name](field(name).value);
  field(name).setAttribute("aria-invalid", String(text !== ""));
  document.getElementById(`${name}-note`).textContent = text;
  return text === "";
};

// A field that was never left is not blamed while one types in another.
const onInput = (event) => {
  if (event.target.name === "password") showTyped();
  for (const name of left)
    if (name === event.target.name || (name === "confirm" && event.target.name === "password")) showError(name);
};

const onLeave = (event) => {
  const { name } = event.target;
  if (!(name in CHECKS) || field(name).value === "") return;
  left.add(name);
  showError(name);
};

// --- sending ----------------------------------------------------------------------

let busy = false;
const kept = {};

const setBusy = (on) => {
  const button = form().querySelector("button[type=submit]");
  busy = on;
  form().setAttribute("aria-busy", String(on));
  button.disabled = on;
  button.dataset.label ??= button.textContent;
  button.textContent = on ? button.dataset.busyLabel : button.dataset.label;
};

const putInPlace = (page) => {
  document.title = page.title;
  main.replaceChildren(...page.getElementById("main").childNodes);
  main.dispatchEvent(new CustomEvent("mirai:fresh", { bubbles: true }));
  if (form()) bind();
  const target =
    main.querySelector('[aria-invalid="true"]') ?? main.querySelector(".banner-error") ?? main.querySelector("h1");
  if (!target.matches("input")) target.tabIndex = -1;
  target.focus();
};

const send = async () => {
  for (const name of ["password", "confirm"]) kept[name] = field(name).value;
  const body = new URLSearchParams(new FormData(form()));
  setBusy(true);
  try {
    const answer = await fetch(form().getAttribute("action"), { method: "POST", body, credentials: "same-origin" });
    if (answer.redirected) {
      location.assign(answer.url);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("main")) throw new Error(String(answer.status));
    setBusy(false);
    // A page without the form would take along what was typed.
    if (answer.status >= 429 && !page.querySelector("form[data-join]"))
      showFailure(form(), page.querySelector(".subtitle")?.textContent ?? LOST);
    else putInPlace(page);
  } catch {
    setBusy(false);
    showFailure(form(), LOST);
  }
};

const onSubmit = (event) => {
  event.preventDefault();
  if (busy) return;
  const wrong = Object.keys(CHECKS).filter((name) => {
    left.add(name);
    return !showError(name);
  });
  if (wrong.length > 0) field(wrong[0]).focus();
  else send();
};

const bind = () => {
  form().noValidate = true;
  for (const [name, value] of Object.entries(kept)) field(name).value = value;
  form().addEventListener("input", onInput);
  form().addEventListener("focusout", onLeave);
  form().addEventListener("submit", onSubmit);
  showTyped();
};

export const begin = bind;
