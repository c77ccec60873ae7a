// What script adds to pages that work without it: show and hide for
// passwords, busy buttons, menus that close, answers checked in place, dates
// in the reader's own form. Nothing here decides; the server does.

// Parts that few pages need come when they are needed.
const part = (name) => import(`./${name}.js${new URL(import.meta.url).search}`);

const each = (selector, act, root = document) => {
  for (const node of root.querySelectorAll(selector)) act(node);
};

// A button that shows the password next to it.
const bindPassword = (box) => {
  const input = box.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  const show = (on) => {
    input.type = on ? "text" : "password";
    button.textContent = on ? "Hide" : "Show";
    button.setAttribute("aria-label", on ? "Hide password" : "Show password");
    button.setAttribute("aria-pressed", String(on));
  };
  button.addEventListener("click", () => show(input.type === "password"));
  input.form?.addEventListener("submit", () => show(false));
  show(false);
  box.append(button);
};

// A form is sent once. Back in the history it is usable again.
const bindBusy = (form) => {
  const buttons = () => form.querySelectorAll("button[type=submit]");
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of buttons()) {
      button.setAttribute("aria-disabled", "true");
      if (button.dataset.busyLabel) {
        button.dataset.label = button.innerHTML;
        button.textContent = button.dataset.busyLabel;
      }
    }
  });
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    for (const button of buttons()) {
      button.removeAttribute("aria-disabled");
      if (button.dataset.label) button.innerHTML = button.dataset.label;
    }
  });
};

// Whoever signs out leaves no draft behind in this browser.
const bindLeave = (form) => {
  form.addEventListener("submit", () => {
    try {
      for (const key of ["currentCourseState", "draftCourse"]) {
        localStorage.removeItem(key);
        sessionStorage.removeItem(key);
      }
      for (const key of Object.keys(localStorage))
        if (key.startsWith("mirai:draft:")) localStorage.removeItem(key);
    } catch {
      // Storage may be switched off; then there is nothing in it.
    }
  });
};

// Menus close on Escape and on a click elsewhere.
each("details.profile, details[data-menu]", (menu) => {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

// Drawers are opened by their address; Escape leads back to what opened them.
document.addEventListener("keydown", (event) => {
  const drawer = document.querySelector(
    ".sidebar:target, .folders:target, .player-menu:target",
  );
  if (event.key !== "Escape" || !drawer) return;
  location.replace("#main");
  document.querySelector(`a[href="#${drawer.id}"]`)?.focus();
});

// On phones a swipe to the left closes the drawer, too.
each(".sidebar", (side) => {
  let from = 0;
  const at = (event) => event.changedTouches[0].clientX;
  side.addEventListener("touchstart", (event) => (from = at(event)), { passive: true });
  side.addEventListener("touchend", (event) => {
    if (from - at(event) > 80 && side.matches(":target")) location.replace("#main");
  });
});

// A button that narrows the sidebar to its icons; the server reads the cookie,
// so the next page comes as this one was left.
each(".app > .sidebar", (side) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "sidebar-fold";
  button.innerHTML =
    '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#chevron"/></svg><span class="sr"></span>';
  button.setAttribute("aria-controls", side.id);
  const say = () => {
    const narrow = document.body.classList.contains("app-narrow");
    button.setAttribute("aria-expanded", String(!narrow));
    button.querySelector(".sr").textContent = narrow ? "Widen the sidebar" : "Narrow the sidebar";
    for (const link of side.querySelectorAll("a"))
      link.title = narrow ? link.textContent.trim() : "";
  };
  button.addEventListener("click", () => {
    document.body.classList.add("app-moved"); // names come in gently, but not with each page
    const narrow = document.body.classList.toggle("app-narrow");
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `mirai_side=${narrow ? "narrow" : "wide"}; path=/; max-age=31536000; samesite=lax${secure}`;
    say();
  });
  say();
  side.append(button);
});

// Days in the reader's own form; data-exact asks for the time too.
const localDays = (root) => {
  each(
    "time[datetime]:not([data-relative])",
    (time) => {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) return;
      time.textContent = time.hasAttribute("data-exact")
        ? at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })
        : at.toLocaleDateString(undefined, { dateStyle: "medium" });
      time.title = at.toLocaleString();
    },
    root,
  );
};

// A search that narrows the list below it while one types.
const bindFilter = (form) => {
  const list = form.parentElement.querySelector(`#${form.dataset.filter}`);
  const said = document.createElement("p");
  said.className = "sr";
  said.setAttribute("role", "status");
  form.append(said);
  form.querySelector("input[type=search]").addEventListener("input", (event) => {
    const q = event.target.value.trim().toLocaleLowerCase();
    let hits = 0;
    each(
      "[data-text]",
      (row) => {
        row.hidden = !row.dataset.text.toLocaleLowerCase().includes(q);
        hits += row.hidden ? 0 : 1;
      },
      list,
    );
    said.textContent = `${hits} found`;
  });
};

// What a page brings, and what another script puts in its place later.
const bind = (root) => {
  each("[data-password]", bindPassword, root);
  each("form[data-busy]", bindBusy, root);
  each("form[data-leave]", bindLeave, root);
  each("[data-filter]", bindFilter, root);
  localDays(root);
};
bind(document);
document.addEventListener("mirai:fresh", (event) => bind(event.target));

// A question: the answer page is fetched and its form put in the place of
// this one, so the reader stays where they are. On any failure the form is
// sent in the plain way.
const swap = async (form, request) => {
  const answer = await fetch(request, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(form.id);
  if (!fresh) throw new Error("no form");
  form.replaceWith(fresh);
  bindQuiz(fresh);
  return fresh;
};

const bindQuiz = (form) => {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    try {
      const body = new URLSearchParams(new FormData(form));
      const fresh = await swap(
        form,
        new Request(form.getAttribute("action"), { method: "POST", body }),
      );
      const result = fresh.querySelector("[data-result]");
      if (result) {
        result.tabIndex = -1;
        result.focus();
      }
    } catch {
      form.submit();
    }
  });
  each(
    "[data-again]",
    (link) => {
      link.addEventListener("click", async (event) => {
        event.preventDefault();
        try {
          const fresh = await swap(form, new Request(link.href));
          fresh.querySelector("input[type=radio]")?.focus();
        } catch {
          location.assign(link.href);
        }
      });
    },
    form,
  );
};
each("form[data-quiz]", bindQuiz);

// A page that shows something under way: its content is fetched again until
// it says that all is done.
const live = document.querySelector("body[data-live]");
const bringUpToDate = async () => {
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return location.reload();
    const text = await answer.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    localDays(page);
    document
      .getElementById("main")
      .replaceChildren(...page.getElementById("main").childNodes);
    if (!page.body.hasAttribute("data-live")) {
      document.getElementById("live").textContent = "Done. The page is current.";
      return undefined;
    }
  } catch {
    // The network is away for a moment; the next round may find it.
  }
  return setTimeout(bringUpToDate, 2000);
};
// Where jobs are shown, progress.js knows better when that is.
if (live && !document.querySelector("[data-job]")) setTimeout(bringUpToDate, 2000);

// A message that came with the page is read out only when it changes.
each("[data-say] p", (said) => {
  const text = said.textContent;
  setTimeout(() => {
    said.textContent = "";
    setTimeout(() => (said.textContent = text), 50);
  }, 300);
});

// A menu closes behind a link into the same page.
each("details[data-menu] a", (link) => {
  link.addEventListener("click", () => (link.closest("details").open = false));
});

// What somebody who came from elsewhere is told: the question leaves the
// address, and the message goes by itself or when it is closed.
each("[data-arrival]", (banner) => {
  const close = banner.querySelector("a");
  history.replaceState(null, "", close.getAttribute("href"));
  close.addEventListener("click", (event) => {
    event.preventDefault();
    banner.remove();
    document.getElementById("main").focus();
  });
  setTimeout(() => banner.remove(), 30000);
});

const bindLater = async (root) => {
  for (const form of root.querySelectorAll("form[data-steps]"))
    (await part("steps")).bindSteps(form);
  for (const form of root.querySelectorAll("form[data-key]")) (await part("ai")).bind(form);
};
// Who shows something only when it is bound waits for what lies in pending.
document.addEventListener("mirai:fresh", (event) => {
  const done = bindLater(event.target);
  event.detail?.pending?.push(done);
});

const arrive = async () => {
  if (document.querySelector("form[data-wizard]")) (await part("wizard")).begin();
  if (document.querySelector("form[data-join]")) (await part("invite")).begin();
  if (document.querySelector("[data-job]")) (await part("progress")).begin();
  if (document.querySelector("form[data-draft], [data-fold]")) (await part("builder")).begin();
  if (document.querySelector("form[data-outline]")) (await part("outline")).begin();
  if (document.querySelector("form[data-component], form[data-rewrite]"))
    (await part("component")).begin();
  await bindLater(document);
  const dialog = document.querySelector("dialog[data-modal]");
  if (dialog) (await part("dialog")).openInPlace(dialog);
  if (document.querySelector("[data-bell]")) (await part("bell")).begin();
  if (document.querySelector("[data-celebrate]")) (await part("confetti")).celebrate();
};
// The page says so when its script has taken hold.
arrive().finally(() => (document.documentElement.dataset.begun = ""));
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  (await part("dialog")).openCard(link);
});
