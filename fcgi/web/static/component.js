// Editing a component: buttons that put tags around what is selected, a way
// back, a question before typed text is left, and the wishes of the rewriting
// panel. Without this the forms work as they are.

const TAGS = [
  ["B", "Bold", "<strong>", "</strong>"],
  ["I", "Italic", "<em>", "</em>"],
  ["H", "Heading", "<h3>", "</h3>"],
  ["¶", "Paragraph", "<p>", "</p>"],
  ["•", "List", "<ul>\n<li>", "</li>\n</ul>"],
  ["1.", "Numbered list", "<ol>\n<li>", "</li>\n</ol>"],
  ["</>", "Code", "<code>", "</code>"],
  ["Link", "Link", '<a href="https://">', "</a>"],
];

const wrap = (area, before, after) => {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const inner = value.slice(from, to);
  area.focus();
  area.setRangeText(`${before}${inner}${after}`, from, to, "end");
  area.setSelectionRange(from + before.length, from + before.length + inner.length);
  area.dispatchEvent(new Event("input", { bubbles: true }));
};

const bindFormat = (bar) => {
  const area = bar.parentElement.querySelector("textarea");
  bar.hidden = false;
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Formatting");
  for (const [sign, name, before, after] of TAGS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.setAttribute("aria-label", name);
    button.title = name;
    button.addEventListener("click", () => wrap(area, before, after));
    bar.append(button);
  }
};

// --- the way back, and the question before leaving ------------------------------------

const stateOf = (form) => [...form.elements].map((e) => (e.type === "radio" ? e.checked : e.value));

// As the page came, whatever was typed before this script was there.
const defaultOf = (e) => {
  if (e.type === "radio") return e.defaultChecked;
  if (e.tagName !== "SELECT") return e.defaultValue ?? e.value;
  return [...e.options].find((o) => o.defaultSelected)?.value ?? e.options[0].value;
};

const restore = (form, state) =>
  [...form.elements].slice(0, state.length).forEach((e, i) => {
    if (e.type === "radio") e.checked = state[i];
    else e.value = state[i];
  });

const bindEdit = (form) => {
  const first = [...form.elements].map(defaultOf);
  const past = [];
  const said = form.querySelector("[data-saved]");
  let now = stateOf(form);
  let sent = false;
  const typed = () => JSON.stringify(stateOf(form).slice(0, first.length));
  const isDirty = () => typed() !== JSON.stringify(first);
  const button = (label, act) => {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "button button-quiet";
    b.textContent = label;
    b.disabled = true;
    b.addEventListener("click", act);
    said.before(b);
    return b;
  };
  const tell = () => {
    undo.disabled = past.length === 0;
    reset.disabled = !isDirty();
    said.textContent = isDirty() ? "Not saved yet" : "";
  };
  const undo = button("Undo", () => {
    now = past.pop();
    restore(form, now);
    tell();
  });
  const reset = button("Reset", () => {
    past.push(now);
    now = first;
    restore(form, first);
    tell();
  });
  form.addEventListener("change", () => {
    past.push(now);
    now = stateOf(form);
    tell();
  });
  form.addEventListener("input", tell);
  tell();
  form.addEventListener("submit", () => (sent = true));
  addEventListener("pageshow", () => (sent = false));
  addEventListener("beforeunload", (event) => {
    if (isDirty() && !sent) event.preventDefault();
  });
};

// --- wishes ------------------------------------------------------------------------------

// A wish or words of one's own: choosing one clears the other.
const bindRewrite = (form) => {
  const words = form.elements.instructions;
  const preview = form.querySelector("[data-preview]");
  const button = form.querySelector("button[type=submit]");
  const quicks = [...form.querySelectorAll("input[name=quick]")];
  const tell = () => {
    const chosen = quicks.find((q) => q.checked);
    preview.textContent = chosen?.dataset.prompt ?? words.value.trim();
    button.disabled = preview.textContent === "";
  };
  for (const quick of quicks)
    quick.addEventListener("change", () => {
      words.value = "";
      tell();
    });
  words.addEventListener("input", () => {
    if (words.value.trim() !== "") for (const quick of quicks) quick.checked = false;
    tell();
  });
  tell();
};

export const begin = () => {
  document.querySelectorAll("[data-format]").forEach(bindFormat);
  document.querySelectorAll("form[data-component]").forEach(bindEdit);
  document.querySelectorAll("form[data-rewrite]").forEach(bindRewrite);
};
