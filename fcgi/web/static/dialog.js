// Dialogs: what lies open over the page becomes modal, so that focus stays in
// it and goes back afterwards; links that lead to a page with one card open
// that card in place. Without this the same addresses are pages.

const bindGrip = (dialog) => {
  const grip = document.createElement("span");
  grip.className = "dialog-grip";
  grip.setAttribute("aria-hidden", "true");
  let from = null;
  grip.addEventListener("pointerdown", (event) => {
    from = event.clientY;
    grip.setPointerCapture(event.pointerId);
  });
  grip.addEventListener("pointermove", (event) => {
    if (from === null) return;
    dialog.style.transform = `translateY(${Math.max(0, event.clientY - from)}px)`;
  });
  grip.addEventListener("pointerup", (event) => {
    const far = from !== null && event.clientY - from > 100;
    from = null;
    dialog.style.transform = "";
    if (far) dialog.close();
  });
  dialog.prepend(grip);
};

const isOutside = (dialog, event) => {
  const box = dialog.getBoundingClientRect();
  return (
    event.clientX < box.left ||
    event.clientX > box.right ||
    event.clientY < box.top ||
    event.clientY > box.bottom
  );
};

// Shows it; done() runs when it is closed, however that happened.
const show = (dialog, done) => {
  bindGrip(dialog);
  dialog.addEventListener("click", (event) => {
    const link = event.target.closest("[data-dialog-close]");
    if (link) event.preventDefault();
    if (link || (event.target === dialog && isOutside(dialog, event))) dialog.close();
  });
  dialog.addEventListener("close", done, { once: true });
  dialog.removeAttribute("open");
  dialog.showModal();
};

// One that came with the page: when it closes, its question leaves the address.
export const openInPlace = (dialog) => {
  const clean = dialog.querySelector("[data-dialog-close]").getAttribute("href");
  show(dialog, () => history.replaceState(null, "", clean));
};

const cardOf = async (href) => {
  const answer = await fetch(href, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const card = page.querySelector("[data-card]");
  if (!card) throw new Error("no card");
  return card;
};

const dialogOf = (card) => {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const title = document.createElement("h2");
  title.id = "dialog-title";
  title.textContent = card.querySelector("h1").textContent;
  card.querySelector("h1").replaceWith(title);
  dialog.setAttribute("aria-labelledby", title.id);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button dialog-close";
  close.dataset.dialogClose = "";
  close.innerHTML =
    '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#close"/></svg><span class="sr">Close</span>';
  dialog.append(...card.childNodes, close);
  return dialog;
};

// A link to a card opens it here; on any failure the link is followed.
export const openCard = async (link) => {
  try {
    const dialog = dialogOf(await cardOf(link.href));
    document.body.append(dialog);
    const pending = [];
    dialog.dispatchEvent(new CustomEvent("mirai:fresh", { bubbles: true, detail: { pending } }));
    await Promise.all(pending);
    show(dialog, () => {
      dialog.remove();
      link.focus();
    });
    dialog.querySelector("[autofocus], .input")?.focus();
  } catch {
    location.assign(link.href);
  }
};
