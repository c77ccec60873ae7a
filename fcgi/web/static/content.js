// Texts that become knowledge: counted and kept while one types, and files that
// go straight to storage. Without this the same forms send both to the server.

const main = document.getElementById("main");
const PREFIX = "mirai:draft:";

// --- counting ------------------------------------------------------------------------

const bindCount = (area) => {
  const note = document.getElementById(`${area.id}-count`);
  const usual = note.textContent;
  const say = () => {
    const words = area.value.trim() === "" ? 0 : area.value.trim().split(/\s+/u).length;
    const chars = [...area.value].length;
    note.textContent =
      chars === 0
        ? usual
        : `${words.toLocaleString()} ${words === 1 ? "word" : "words"}, ${chars.toLocaleString()} characters. ${usual}`;
  };
  area.addEventListener("input", say);
  say();
};

// Approval needs a text.
const bindApprove = (button) => {
  const area = button.form.querySelector("textarea[name=text]");
  const say = () => {
    const empty = area.value.trim() === "";
    if (empty) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  };
  area.addEventListener("input", say);
  button.addEventListener("click", (event) => {
    if (area.value.trim() !== "") return;
    event.preventDefault();
    area.focus();
  });
  say();
};

// --- keeping -------------------------------------------------------------------------

const store = {
  get: (key) => {
    try {
      return localStorage.getItem(PREFIX + key);
    } catch {
      return null; // storage may be switched off; the form works without
    }
  },
  set: (key, value) => {
    try {
      if (value === null) localStorage.removeItem(PREFIX + key);
      else localStorage.setItem(PREFIX + key, value);
    } catch {
      // Then nothing is kept.
    }
  },
};

// What was typed before comes back, and can be thrown away.
const restore = (area, kept) => {
  const sent = area.value;
  const box = document.createElement("p");
  const button = document.createElement("button");
  box.className = "field-note";
  box.setAttribute("role", "status");
  box.textContent = "What you typed before is here again. ";
  button.type = "button";
  button.className = "button button-plain";
  button.textContent = "Discard it";
  button.addEventListener("click", () => {
    area.value = sent;
    store.set(area.dataset.keep, null);
    area.dispatchEvent(new Event("input"));
    box.remove();
    area.focus();
  });
  box.append(button);
  area.value = kept;
  area.after(box);
};

const bindKeep = (area) => {
  const key = area.dataset.keep;
  const usual = area.defaultValue;
  const kept = store.get(key);
  if (area.dataset.fresh === "yes") store.set(key, area.value);
  else if (kept !== null && kept !== area.value) restore(area, kept);
  area.addEventListener("input", () => store.set(key, area.value === usual ? null : area.value));
  area.form.addEventListener("submit", () => store.set("sent", key));
};

// A page without the field that was sent: it arrived.
const forget = () => {
  const key = store.get("sent");
  if (key === null || main.querySelector(`[data-keep="${CSS.escape(key)}"]`)) return;
  store.set(key, null);
  store.set("sent", null);
};

// --- files ---------------------------------------------------------------------------

const ask = async (method, message) => {
  const answer = await fetch(`/mirai.v1.SMEService/${method}`, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json", "connect-protocol-version": "1" },
    body: JSON.stringify(message),
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.message ?? "the server did not answer");
  return body;
};

const kindsOf = (form) =>
  form.dataset.kinds.split(";").map((row) => {
    const [type, max, extensions] = row.split(":");
    return { type: Number(type), max: Number(max), extensions: extensions.split(" ") };
  });

const send = (address, type, file, progress) =>
  new Promise((done, fail) => {
    const call = new XMLHttpRequest();
    call.open("PUT", address);
    call.setRequestHeader("content-type", type);
    call.upload.addEventListener("progress", (event) => progress(event.loaded / file.size));
    call.addEventListener("load", () =>
      call.status < 300 ? done() : fail(new Error("storage did not take the file")),
    );
    call.addEventListener("error", () => fail(new Error("the connection failed")));
    call.send(file);
  });

const why = (form, file) => {
  const extension = file.name.split(".").pop().toLowerCase();
  const kind = kindsOf(form).find((k) => k.extensions.includes(extension));
  if (!kind) return "This kind of file is not taken.";
  if (file.size === 0) return "The file is empty.";
  if (file.size > kind.max) return `The file is larger than ${kind.max / 1024 / 1024} MiB.`;
  return kind;
};

const bindUpload = (form) => {
  const input = form.elements.file;
  const button = form.querySelector("button[type=submit]");
  const error = document.getElementById("file-error");
  const box = form.querySelector("[data-sending]");
  const bar = box.querySelector("progress");
  const said = box.querySelector("[data-sent]");
  let busy = false;

  const fail = (text) => {
    error.textContent = text;
    input.setAttribute("aria-invalid", String(text !== ""));
    if (text !== "") input.focus();
  };
  const show = (part) => {
    bar.value = Math.round(part * 100);
    said.textContent = part < 1 ? `${bar.value} % sent` : "Sent. Handing it in …";
  };
  const run = async (file, kind) => {
    const about = { taskId: form.dataset.upload, fileName: file.name, contentType: kind.type, fileSizeBytes: String(file.size) };
    const to = await ask("GetUploadURL", about);
    await send(to.uploadUrl, to.mediaType, file, show);
    show(1);
    await ask("SubmitContent", { ...about, filePath: to.filePath });
  };

  input.addEventListener("change", () => {
    const found = input.files.length > 0 ? why(form, input.files[0]) : "";
    fail(typeof found === "string" ? found : "");
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const file = input.files[0];
    if (busy || !file) return;
    const kind = why(form, file);
    if (typeof kind === "string") return fail(kind);
    busy = true;
    fail("");
    show(0);
    box.hidden = false;
    const label = button.textContent;
    button.textContent = button.dataset.busyLabel;
    button.setAttribute("aria-disabled", "true");
    try {
      await run(file, kind);
      location.assign(document.querySelector(".back-link").href);
    } catch (e) {
      fail(`Not uploaded: ${e.message}. Try again.`);
      box.hidden = true;
      button.textContent = label;
      button.removeAttribute("aria-disabled");
      busy = false;
    }
  });
};

// --- waiting -------------------------------------------------------------------------

// The text of a file is being read: the page comes again when it is there, unless
// somebody has begun to write.
const ASK_MS = 3000;

const bindReading = (area) => {
  const usual = area.value;
  const look = async () => {
    if (area.value !== usual || document.activeElement === area) return setTimeout(look, ASK_MS);
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.ok && !page.querySelector('[data-reading="yes"]')) return location.reload();
    } catch {
      // The connection may come back.
    }
    return setTimeout(look, ASK_MS);
  };
  setTimeout(look, ASK_MS);
};

for (const area of main.querySelectorAll("[data-keep]")) bindKeep(area);
for (const area of main.querySelectorAll("[data-count]")) bindCount(area);
for (const button of main.querySelectorAll("[data-approve]")) bindApprove(button);
for (const form of main.querySelectorAll("[data-upload]")) bindUpload(form);
for (const area of main.querySelectorAll('[data-reading="yes"]')) bindReading(area);
forget();
