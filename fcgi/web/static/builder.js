// The forms of the course builder's first steps: what is chosen is kept as it
// is chosen, lists narrow while one types, pickers open as dialogs. Without
// this every button sends the form.

const main = document.getElementById("main");

// --- keeping ------------------------------------------------------------------------

const SAVE_MS = 700;

const keep = (form) => {
  const saved = form.querySelector("[data-saved]");
  let timer;
  let dirty = false;
  let saving = null;
  const say = (text, state) => {
    saved.textContent = text;
    saved.dataset.state = state;
  };
  const saveNow = async () => {
    const body = new URLSearchParams(new FormData(form));
    body.set("go", "autosave");
    dirty = false;
    say("Saving …", "busy");
    try {
      const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
      if (answer.status === 204)
        return say(dirty ? "Not saved yet" : "Saved", dirty ? "busy" : "done");
      if (answer.redirected)
        throw new Error("you are signed out. Sign in in another tab, then go on here.");
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const why = page.querySelector(".field-error:not(:empty), .banner-error p");
      throw new Error(why?.textContent ?? "");
    } catch (error) {
      dirty = true;
      const why = error instanceof TypeError ? "the connection failed." : error.message;
      return say(`Not saved: ${why}`, "failed");
    }
  };
  // One after the other, each with what is chosen then.
  const save = async () => {
    while (saving) await saving;
    saving = saveNow();
    await saving;
    saving = null;
  };
  const later = (event) => {
    if (event.target.matches("[data-narrow]")) return;
    dirty = true;
    say("Not saved yet", "busy");
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_MS);
  };
  form.addEventListener("input", later);
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    clearTimeout(timer);
    dirty = false;
    if (!saving) return;
    // What is on its way arrives first, lest it be taken for the newer.
    event.preventDefault();
    await saving;
    delete form.dataset.sent;
    form.requestSubmit(event.submitter);
  });
  addEventListener("beforeunload", (event) => {
    if (dirty) event.preventDefault();
  });
  // Ticked before this script was there.
  const early = (e) =>
    ["checkbox", "radio"].includes(e.type)
      ? e.checked !== e.defaultChecked
      : ["INPUT", "TEXTAREA"].includes(e.tagName) && e.value !== e.defaultValue;
  const first = [...form.elements].find(early);
  if (first) later({ target: first });
};

// A course that is none yet is kept in this tab.
const KEY = "draftCourse";

const keepHere = (form) => {
  const fields = () => form.querySelectorAll("#title, #outcome, #context");
  try {
    const old = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    for (const field of fields()) if (field.value === "") field.value = old[field.name] ?? "";
    form.addEventListener("input", () =>
      sessionStorage.setItem(
        KEY,
        JSON.stringify(Object.fromEntries([...fields()].map((f) => [f.name, f.value]))),
      ),
    );
  } catch {
    // Storage may be switched off; the form works without.
  }
};

const forget = () => {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Then there is nothing in it.
  }
};

// --- narrowing -----------------------------------------------------------------------

const narrow = (input) => {
  const lists =
    input.dataset.narrow === "tags"
      ? [document.getElementById("tags")]
      : main.querySelectorAll(`[data-narrowed="${input.dataset.narrow}"]`);
  const apply = () => {
    const q = input.value.trim().toLocaleLowerCase();
    for (const list of lists)
      for (const row of list.querySelectorAll("[data-text]"))
        row.hidden = !row.dataset.text.toLocaleLowerCase().includes(q);
  };
  input.addEventListener("input", apply);
  input.addEventListener("mirai:narrow", apply);
};

// --- pickers ----------------------------------------------------------------------------

const saidOf = (picker) => {
  const chosen = [...picker.body.querySelectorAll("input:checked")];
  const names = chosen.map((i) => i.dataset.name ?? i.value);
  return names.length === 0 ? "None" : names.join(", ");
};

const say = (picker) => {
  picker.said.textContent = saidOf(picker);
};

const dialogFor = (picker) => {
  const dialog = document.createElement("dialog");
  const title = document.createElement("h2");
  const close = document.createElement("button");
  dialog.className = "dialog dialog-wide";
  title.id = `${picker.body.id}-title`;
  title.textContent = picker.name;
  dialog.setAttribute("aria-labelledby", title.id);
  close.type = "button";
  close.className = "icon-button dialog-close";
  close.innerHTML =
    '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#close"/></svg><span class="sr">Close</span>';
  close.addEventListener("click", () => dialog.close());
  dialog.append(title, picker.body, close);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return dialog;
};

const addTag = (picker, form) => {
  const input = form.querySelector("#tag_new");
  const name = input.value.trim();
  if (name === "") return;
  const boxes = [...picker.body.querySelectorAll("input[name=tag]")];
  let box = boxes.find((b) => b.value.toLocaleLowerCase() === name.toLocaleLowerCase());
  if (!box) {
    const item = boxes[0].closest("li").cloneNode(true);
    box = item.querySelector("input");
    box.value = name;
    box.dataset.name = name;
    item.dataset.text = name;
    item.querySelector("span").textContent = name;
    picker.body.querySelector(".tag-choices").append(item);
  }
  box.checked = true;
  input.value = "";
  input.dispatchEvent(new CustomEvent("mirai:narrow"));
  box.dispatchEvent(new Event("input", { bubbles: true }));
  say(picker);
};

const bindTags = (picker, form, dialog) => {
  const clear = picker.body.querySelector("[data-clear]");
  const done = picker.body.querySelector("[data-picker-done]");
  clear.hidden = done.hidden = false;
  clear.addEventListener("click", () => {
    for (const box of picker.body.querySelectorAll("input[name=tag]")) box.checked = false;
    form.dispatchEvent(new Event("input", { bubbles: true }));
    say(picker);
  });
  done.addEventListener("click", () => dialog.close());
  picker.body.querySelector("[data-add-tag]").addEventListener("click", (event) => {
    event.preventDefault();
    addTag(picker, form);
  });
  form.querySelector("#tag_new").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    addTag(picker, form);
  });
};

// The parts stay in the form, so that it sends them from the dialog, too.
const bindPicker = (details, form, at) => {
  const body = details.querySelector("[data-picker-body]");
  const picker = { body, name: details.dataset.picker, said: details.querySelector("[data-said]") };
  const open = details.open;
  body.id = `picker-${at}`;
  const dialog = dialogFor(picker);
  details.open = false;
  details.after(dialog);
  const show = () => {
    dialog.showModal();
    body.querySelector(".input")?.focus();
  };
  details.querySelector("summary").addEventListener("click", (event) => {
    event.preventDefault();
    show();
  });
  dialog.addEventListener("close", () => details.querySelector("summary").focus());
  body.addEventListener("change", () => say(picker));
  if (details.hasAttribute("data-picker-one"))
    body.addEventListener("click", (event) => {
      // A choice by pointer is made; by keyboard one looks around first.
      if (event.target.matches("input[type=radio]") && event.detail > 0) dialog.close();
    });
  if (body.querySelector("[data-clear]")) bindTags(picker, form, dialog);
  if (open) show();
};

// --- outline: all sections at once -----------------------------------------------------

const bindFold = () =>
  main.addEventListener("click", (event) => {
    const link = event.target.closest("[data-fold]");
    if (!link) return;
    event.preventDefault();
    const open = link.textContent.startsWith("Expand");
    for (const section of main.querySelectorAll(".outline-section")) section.open = open;
    link.textContent = open ? "Collapse All" : "Expand All";
  });

export const begin = () => {
  const form = document.querySelector("form[data-draft]");
  bindFold();
  if (!form) return;
  [...form.querySelectorAll("details[data-picker]")].forEach((d, i) => bindPicker(d, form, i));
  for (const input of form.querySelectorAll("[data-narrow]")) narrow(input);
  for (const button of form.querySelectorAll("[data-narrow-button]")) button.hidden = true;
  if (form.dataset.draft === "") keepHere(form);
  else {
    forget();
    keep(form);
  }
};
