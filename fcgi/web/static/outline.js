// The outline editor in place: sections and lessons are moved by a handle, by
// keyboard and by their buttons, and everything is saved as it is typed. What
// could not be saved stays in the form, with the reason.

const SAVE_MS = 900;
const START_PX = 8;
const form = document.querySelector("form[data-outline]");
const said = form?.querySelector("[data-saved]");

const items = (list, kind) => [...list.children].filter((e) => e.matches(`[data-${kind}]`));
const sections = () => items(form.querySelector("[data-sections]"), "section");
const lessonsOf = (section) => items(section.querySelector("[data-lessons]"), "lesson");
const kindOf = (item) => (item.hasAttribute("data-section") ? "section" : "lesson");
const idField = (item) => item.querySelector(`input[name=${kindOf(item)}]`);
const titleOf = (item) => item.querySelector("input[name=title]").value.trim() || "without a title";
const field = (item, name) => item.querySelector(`[name=${name}]`);

// --- numbers and names ------------------------------------------------------------------

const NAMES = {
  up: (item) => `Move ${kindOf(item)} up: ${titleOf(item)}`,
  down: (item) => `Move ${kindOf(item)} down: ${titleOf(item)}`,
  delete: (item) => `Delete ${kindOf(item)}: ${titleOf(item)}`,
  "add-lesson": (item) => ` to ${titleOf(item)}`,
};

// The buttons of an item name it as it is called now.
const nameButtons = (item) => {
  for (const button of item.querySelectorAll("[data-deed]"))
    if (button.closest("[data-lesson], [data-section]") === item)
      button.querySelector(".sr").textContent = NAMES[button.dataset.deed](item);
};

const number = () => {
  const all = sections();
  form.querySelectorAll("[data-section], [data-lesson]").forEach(nameButtons);
  all.forEach((section, s) => {
    section.querySelector("[data-number]").textContent = s + 1;
    section.querySelector("[data-deed=delete]").disabled = all.length === 1;
    lessonsOf(section).forEach((lesson, l) => {
      lesson.querySelector("[data-number]").textContent = `${s + 1}.${l + 1}`;
    });
  });
};

// --- saving --------------------------------------------------------------------------------

const textOf = (item, name) => field(item, name).value;

const lessonData = (lesson, at) => ({
  id: idField(lesson).value,
  title: textOf(lesson, "title").trim(),
  description: textOf(lesson, "description").trim(),
  order: at + 1,
  estimatedDurationMinutes: Number(textOf(lesson, "minutes") || 0),
  learningObjectives: textOf(lesson, "objectives")
    .split("\n")
    .map((s) => s.trim())
    .filter((s) => s !== ""),
});

const data = () =>
  sections().map((section, at) => ({
    id: idField(section).value,
    title: textOf(section, "title").trim(),
    description: textOf(section, "description").trim(),
    order: at + 1,
    lessons: lessonsOf(section).map(lessonData),
  }));

let dirty = false;
let saving = null;
let timer;
let stopped = false; // somebody else has saved: nothing is written over that

const say = (text, state) => {
  said.textContent = text;
  said.dataset.state = state;
};

const lost = () => {
  stopped = true;
  say("", "failed");
  if (form.previousElementSibling?.matches("[data-conflict]")) return;
  const box = document.createElement("div");
  box.className = "banner banner-error";
  box.dataset.conflict = "";
  box.setAttribute("role", "alert");
  box.innerHTML = `<div><p>Somebody else has changed this outline meanwhile, so your changes are no longer saved. What you typed is still here: copy what you need, then open the outline again.</p><p><a href="">Open the outline again</a></p></div>`;
  box.querySelector("a").href = location.pathname;
  box.querySelector("a").addEventListener("click", () => (dirty = false));
  form.before(box);
  box.scrollIntoView({ block: "center" });
};

// What was new has its own ids now; the fields themselves are left alone, for
// one types on.
const settle = (sent, outline) => {
  form.elements.revision.value = outline.revision ?? 0;
  sent.forEach(({ item, lessons }, s) => {
    const got = outline.sections?.[s];
    if (!got) return;
    idField(item).value = got.id;
    lessons.forEach((lesson, l) => {
      if (got.lessons?.[l]) idField(lesson).value = got.lessons[l].id;
    });
  });
};

const send = async (tree) => {
  const sent = sections().map((item) => ({ item, lessons: lessonsOf(item) }));
  const answer = await fetch("/mirai.v1.AIGenerationService/UpdateCourseOutline", {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json", "connect-protocol-version": "1" },
    body: JSON.stringify({
      courseId: form.dataset.outline,
      outlineId: form.elements.outline.value,
      sections: tree,
      revision: Number(form.elements.revision.value),
    }),
  });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return settle(sent, body.outline);
  const error = new Error(body.message ?? "the server did not answer");
  error.code = body.code;
  throw error;
};

const complaint = () => {
  const bad = [...form.querySelectorAll("input, textarea")].find(
    (e) => !e.checkValidity() || (e.name === "title" && e.value.trim() === ""),
  );
  if (!bad) return "";
  return bad.name === "title"
    ? "a title is missing."
    : `${bad.labels[0]?.textContent ?? bad.name}: ${bad.validationMessage}`;
};

const saveNow = async (tree) => {
  const why = complaint();
  if (why) return say(`Not saved yet: ${why}`, "failed");
  dirty = false;
  say("Saving …", "busy");
  try {
    await send(tree ?? data());
    return say(dirty ? "Saving …" : "Saved", dirty ? "busy" : "done");
  } catch (error) {
    dirty = true;
    if (error.code === "aborted") return lost();
    if (error.code === "unauthenticated")
      return say("Not saved: you are signed out. Sign in in another tab, then save again.", "failed");
    return say(`Not saved: ${error.message}.`, "failed");
  }
};

// One after the other, each with what is there then.
const save = async () => {
  clearTimeout(timer);
  if (stopped) return;
  while (saving) await saving;
  saving = saveNow();
  await saving;
  saving = null;
};

const changed = () => {
  dirty = true;
  number();
  clearTimeout(timer);
  if (stopped) return;
  say("Not saved yet", "busy");
  timer = setTimeout(save, SAVE_MS);
};

// --- moving ---------------------------------------------------------------------------------

const announce = (text) => {
  const live = form.querySelector("[data-moved]");
  live.textContent = text;
};

const flash = (item, focus) => {
  changed();
  announce(
    `${titleOf(item)}: now ${kindOf(item)} ${item.querySelector("[data-number]").textContent}`,
  );
  focus?.focus();
  item.scrollIntoView({ block: "nearest" });
};

const moveSection = (item, by) => {
  const all = sections();
  const to = all[all.indexOf(item) + by];
  if (!to) return false;
  if (by < 0) to.before(item);
  else to.after(item);
  return true;
};

// Across the border of a section, too.
const moveLesson = (item, by) => {
  const section = item.closest("[data-section]");
  const all = lessonsOf(section);
  const to = all[all.indexOf(item) + by];
  if (to) {
    if (by < 0) to.before(item);
    else to.after(item);
    return true;
  }
  const next = sections()[sections().indexOf(section) + by];
  if (!next) return false;
  const list = next.querySelector("[data-lessons]");
  if (by < 0) list.append(item);
  else list.prepend(item);
  return true;
};

const move = (item, by, focus) => {
  const moved = kindOf(item) === "section" ? moveSection(item, by) : moveLesson(item, by);
  if (moved) flash(item, focus);
};

// --- adding and deleting ------------------------------------------------------------------------

let fresh = 0;

const freshId = () => {
  do fresh += 1;
  while (form.querySelector(`input[value="new-${fresh}"]`));
  return `new-${fresh}`;
};

// A copy of one that is there, emptied: the same fields, buttons and names.
const copyOf = (item, title) => {
  const id = freshId();
  const copy = item.cloneNode(true);
  copy.querySelector("[data-lessons]")?.replaceChildren();
  for (const e of copy.querySelectorAll("[id], [for]"))
    for (const name of ["id", "for"])
      if (e.hasAttribute(name)) e.setAttribute(name, `${e.getAttribute(name).split("-")[0]}-${id}`);
  for (const e of copy.querySelectorAll("button[data-deed]")) e.value = `${e.dataset.deed}:${id}`;
  for (const e of copy.querySelectorAll("input:not([type=hidden]), textarea")) e.value = "";
  for (const e of copy.querySelectorAll("[autofocus]")) e.removeAttribute("autofocus");
  idField(copy).value = id;
  field(copy, "title").value = title;
  return copy;
};

// The first lesson of all may be gone: then the server makes one.
const addLesson = (section) => {
  const model = form.querySelector("[data-lesson]");
  if (!model) return false;
  const lesson = copyOf(model, "New Lesson");
  field(lesson, "minutes").value = "10";
  section.querySelector("[data-lessons]").append(lesson);
  flash(lesson, field(lesson, "title"));
  field(lesson, "title").select();
  return true;
};

const addSection = () => {
  const section = copyOf(sections()[0], "New Section");
  form.querySelector("[data-sections]").append(section);
  flash(section, field(section, "title"));
  field(section, "title").select();
};

const beside = (item) => item.nextElementSibling ?? item.previousElementSibling;

const remove = (item) => {
  const next = beside(item) ?? item.parentElement.closest("[data-section]");
  const title = titleOf(item);
  if (kindOf(item) === "section" && sections().length === 1) return;
  const place = item.nextSibling;
  const parent = item.parentElement;
  item.remove();
  changed();
  offerBack(`${title} is deleted.`, () => {
    parent.insertBefore(item, place?.isConnected ? place : null);
    flash(item, field(item, "title"));
  });
  field(next, "title").focus();
};

// A deletion can be taken back until the next one.
const offerBack = (text, back) => {
  const box = form.querySelector("[data-undo]");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-plain button-small";
  button.textContent = "Undo";
  button.addEventListener("click", () => {
    box.replaceChildren();
    back();
  });
  box.replaceChildren(`${text} `, button);
};

const deeds = {
  up: (item, button) => move(item, -1, button),
  down: (item, button) => move(item, 1, button),
  delete: (item) => remove(item),
  "add-lesson": (item) => addLesson(item),
};

const onClick = (event) => {
  const button = event.target.closest("[data-deed]");
  if (!button) return;
  const deed = button.dataset.deed;
  const item = button.closest("[data-lesson], [data-section]");
  if (deed === "") addSection();
  else if (deeds[deed](item, button) === false) return; // the form is sent
  event.preventDefault();
};

// --- by the handle ----------------------------------------------------------------------------

const GRIP = '<span class="grip" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i><i></i></span>';

const targetAt = (dragged, y, x) => {
  const under = document.elementFromPoint(x, y);
  const kind = kindOf(dragged);
  const item = under?.closest(`[data-${kind}]`);
  if (item && item !== dragged && form.contains(item)) return item;
  return kind === "lesson" ? (under?.closest("[data-lessons]") ?? null) : null;
};

const dropAt = (dragged, target, y) => {
  if (target.matches("[data-lessons]")) {
    if (!target.querySelector("[data-lesson]")) target.append(dragged);
    return;
  }
  const box = target.getBoundingClientRect();
  if (y < box.top + box.height / 2) target.before(dragged);
  else target.after(dragged);
};

const onDrag = (down, item) => {
  const handle = down.currentTarget;
  let active = false;
  const onMove = (event) => {
    if (!active && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < START_PX)
      return;
    active = true;
    item.classList.add("is-dragged");
    document.body.classList.add("is-dragging");
    const edge = 70;
    if (event.clientY < edge) scrollBy(0, -14);
    else if (event.clientY > innerHeight - edge) scrollBy(0, 14);
    const target = targetAt(item, event.clientY, event.clientX);
    if (target) dropAt(item, target, event.clientY);
  };
  const onUp = () => {
    document.removeEventListener("pointermove", onMove);
    document.removeEventListener("pointerup", onUp);
    document.removeEventListener("pointercancel", onUp);
    item.classList.remove("is-dragged");
    document.body.classList.remove("is-dragging");
    if (active) flash(item, handle);
  };
  // Not the handle: it leaves the page for a moment whenever its item moves.
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", onUp);
  document.addEventListener("pointercancel", onUp);
};

const KEYS = { ArrowUp: -1, ArrowDown: 1 };

const handleFor = (item) => {
  const handle = document.createElement("button");
  handle.type = "button";
  handle.className = "icon-button edit-handle";
  handle.innerHTML = `${GRIP}<span class="sr">Move ${kindOf(item)}: drag, or press up and down</span>`;
  item.querySelector(".edit-bar").prepend(handle);
};

const onHandle = (event) => {
  const handle = event.target.closest(".edit-handle");
  if (!handle) return;
  const item = handle.closest("[data-lesson], [data-section]");
  if (event.type === "pointerdown" && event.button === 0) {
    event.preventDefault();
    handle.focus();
    onDrag({ clientX: event.clientX, clientY: event.clientY, currentTarget: handle }, item);
  } else if (event.type === "keydown" && KEYS[event.key]) {
    event.preventDefault();
    move(item, KEYS[event.key], handle);
  }
};

// --- the end ------------------------------------------------------------------------------------

// Cancel: the outline as it was when the page came.
const bindCancel = (first) => {
  const link = form.querySelector("[data-restore]");
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    while (saving) await saving;
    if (!stopped && JSON.stringify(data()) !== JSON.stringify(first)) {
      try {
        await send(first);
      } catch (error) {
        if (error.code !== "aborted") return say(`Not restored: ${error.message}.`, "failed");
      }
    }
    dirty = false;
    return location.assign(link.href);
  });
};

const bindSave = () =>
  form.addEventListener("submit", async (event) => {
    if (event.submitter?.value !== "save") {
      dirty = false;
      return;
    }
    event.preventDefault();
    if (!form.reportValidity()) return;
    await save();
    // Enter in a field saves and stays.
    if (!event.submitter.matches("[data-save]") || dirty || stopped) return;
    location.assign(form.querySelector("[data-restore]").href);
  });

export const begin = () => {
  const moved = document.createElement("p");
  const undo = document.createElement("p");
  moved.className = "sr";
  moved.dataset.moved = "";
  moved.setAttribute("role", "status");
  undo.className = "edit-undo";
  undo.dataset.undo = "";
  undo.setAttribute("role", "status");
  form.querySelector(".edit-foot").before(undo);
  form.append(moved);
  form.querySelectorAll("[data-section], [data-lesson]").forEach(handleFor);
  form.dataset.script = "";
  number();
  form.addEventListener("click", onClick);
  form.addEventListener("pointerdown", onHandle);
  form.addEventListener("keydown", onHandle);
  form.addEventListener("input", changed);
  bindCancel(data());
  bindSave();
  if ([...form.elements].some((e) => e.type !== "submit" && e.defaultValue !== undefined && e.value !== e.defaultValue))
    changed();
  addEventListener("beforeunload", (event) => {
    if (dirty || saving) event.preventDefault();
  });
};
