// The form of a key: tested in place, so that it need not be typed twice, and
// saved only as it was tested. The server tests once more before it keeps it.

const LOST = "The connection failed. What you typed is still here: try again.";

const resultOf = (root) => root.querySelector("[data-key-result]");

const setBusy = (button, on) => {
  if (on) {
    button.dataset.label = button.textContent;
    button.textContent = button.dataset.busyLabel;
  } else {
    button.textContent = button.dataset.label ?? button.textContent;
  }
  button.setAttribute("aria-disabled", String(on));
};

const say = (form, text) => {
  const box = document.createElement("div");
  const line = document.createElement("p");
  box.className = "banner banner-error";
  line.textContent = text;
  box.append(line);
  resultOf(form).replaceChildren(box);
};

// What is wrong with each field, as the answer has it.
const takeErrors = (form, page) => {
  for (const error of form.querySelectorAll(".field-error")) {
    const text = page.getElementById(error.id)?.textContent ?? "";
    error.textContent = text;
    error.parentElement.querySelector(".input").setAttribute("aria-invalid", String(text !== ""));
  }
  form.querySelector('[aria-invalid="true"]')?.focus();
};

const ask = async (form) => {
  const body = new URLSearchParams(new FormData(form));
  body.set("go", "test");
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body, credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = resultOf(page);
  if (!fresh || answer.redirected) throw new Error(String(answer.status));
  takeErrors(form, page);
  resultOf(form).replaceChildren(...fresh.childNodes);
  resultOf(form).dataset.valid = fresh.dataset.valid;
};

export const bind = (form) => {
  const [test, save] = ["test", "save"].map((go) => form.querySelector(`button[value=${go}]`));
  let busy = false;
  const settle = () => (save.disabled = resultOf(form).dataset.valid !== "yes");
  const forget = () => {
    resultOf(form).dataset.valid = "";
    resultOf(form).replaceChildren();
    settle();
  };
  form.addEventListener("input", forget);
  form.addEventListener("submit", async (event) => {
    if (busy || event.submitter?.value === "test") event.preventDefault();
    if (busy) return;
    busy = true;
    if (event.submitter?.value !== "test") {
      setBusy(save, true);
      return;
    }
    forget();
    setBusy(test, true);
    await ask(form).catch(() => say(form, LOST));
    setBusy(test, false);
    busy = false;
    settle();
  });
  addEventListener("pageshow", () => {
    busy = false;
    setBusy(save, false);
  });
  settle();
};
