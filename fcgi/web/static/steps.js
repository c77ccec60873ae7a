// A long form in steps, one section at a time, and lists as lines with buttons.
// The fields stay those of the page, so the form is sent as without script.

const bindLines = (area) => {
  const { lines: item } = area.dataset;
  const box = document.createElement("div");
  box.className = "lines";
  const list = document.createElement("ul");
  const add = document.createElement("button");
  add.type = "button";
  add.className = "button button-plain button-small";
  add.textContent = `Add ${item}`;

  const inputs = () => [...list.querySelectorAll("input")];
  const keep = () => {
    area.value = inputs().map((input) => input.value).join("\n");
  };
  const number = () => {
    for (const [i, input] of inputs().entries()) {
      input.setAttribute("aria-label", `${item} ${i + 1}`);
      input.nextElementSibling.querySelector(".sr").textContent = `Remove ${item} ${i + 1}`;
    }
  };
  const line = (text) => {
    const row = document.createElement("li");
    const input = document.createElement("input");
    input.className = "input";
    input.maxLength = 500;
    input.value = text;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "icon-button";
    remove.innerHTML =
      '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#close"/></svg><span class="sr"></span>';
    remove.addEventListener("click", () => {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      number();
      keep();
      (next?.querySelector("input") ?? add).focus();
    });
    input.addEventListener("input", keep);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      add.click();
    });
    row.append(input, remove);
    list.append(row);
    number();
    return input;
  };

  for (const text of area.value === "" ? [""] : area.value.split("\n")) line(text);
  add.addEventListener("click", () => line("").focus());
  box.setAttribute("role", "group");
  box.setAttribute("aria-labelledby", `${area.id}-label`);
  const label = area.labels[0];
  label.id = `${area.id}-label`;
  label.addEventListener("click", () => inputs()[0]?.focus());
  box.setAttribute("aria-describedby", area.getAttribute("aria-describedby"));
  area.hidden = true;
  box.append(list, add);
  area.after(box);
};

// What was entered in the steps before, to read once more.
const summary = (steps) => {
  const facts = document.createElement("dl");
  facts.className = "facts";
  const put = (label, value) => {
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = label;
    text.textContent = value;
    facts.append(term, text);
  };
  for (const field of steps.flatMap((step) => [...step.querySelectorAll("[name]")])) {
    if (field.type === "radio") {
      if (field.checked)
        put(
          field.closest("fieldset").querySelector("legend").textContent,
          field.labels[0].querySelector("strong").textContent,
        );
    } else {
      const lines = field.value.split("\n").filter((line) => line.trim() !== "");
      if (lines.length > 0) put(field.labels[0].textContent, lines.join("; "));
    }
  }
  return facts;
};

const wrong = (step) => step.querySelector('[aria-invalid="true"]');

export const bindSteps = (form) => {
  const steps = [...form.querySelectorAll("[data-step]")];
  const foot = form.querySelector(".form-foot");
  const send = foot.querySelector("[type=submit]");
  const said = document.createElement("p");
  said.className = "steps-said";
  said.setAttribute("role", "status");
  const button = (label, plain) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = plain ? "button button-plain" : "button";
    made.textContent = label;
    return made;
  };
  const back = button("Back", true);
  const next = button("Next", false);
  let at = Math.max(0, steps.findIndex(wrong));

  const review = document.createElement("section");
  review.className = "steps-review";
  review.setAttribute("aria-label", "Summary");
  steps.at(-1).append(review);

  const show = (focus) => {
    for (const [i, step] of steps.entries()) step.hidden = i !== at;
    back.hidden = at === 0;
    next.hidden = at === steps.length - 1;
    send.hidden = !next.hidden;
    if (next.hidden) review.replaceChildren(summary(steps.slice(0, -1)));
    const title = steps[at].querySelector(".steps-title");
    said.textContent = `Step ${at + 1} of ${steps.length}: ${title.textContent}`;
    if (focus) title.focus();
  };
  const good = () => {
    for (const field of steps[at].querySelectorAll("input, textarea, select"))
      if (!field.checkValidity()) {
        field.reportValidity();
        return false;
      }
    return true;
  };
  next.addEventListener("click", () => {
    if (!good()) return;
    at += 1;
    show(true);
  });
  back.addEventListener("click", () => {
    at -= 1;
    show(true);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || next.hidden || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    next.click();
  });
  for (const area of form.querySelectorAll("textarea[data-lines]")) bindLines(area);
  form.prepend(said);
  send.before(back, next);
  show(false);
};
