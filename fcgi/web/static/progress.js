// Jobs under way: their cards follow what the stream tells (bell.js passes it
// on), and ask themselves when it tells nothing. When a job has ended the page
// is fetched anew, which then shows what came of it.

const ENDED = ["completed", "failed", "cancelled"];
const ASK_MS = { outline: 3000, lessons: 7000 }; // others 2000
const main = document.getElementById("main");
const said = document.getElementById("live");

// web.md 12: what the ring says is not the job's own percent.
const SHOWN = {
  outline: (n) => Math.min(75, 20 + 0.55 * n),
  lessons: (n) => Math.min(85, 10 + 0.75 * n),
};

const show = (card, job) => {
  const percent = Math.round((SHOWN[card.dataset.kind] ?? ((n) => n))(job.progressPercent ?? 0));
  const status = card.querySelector("[data-status]");
  const message = card.querySelector("[data-message]");
  if (job.status === "queued") return;
  card.querySelector("[data-ring]").setAttribute("stroke-dasharray", `${percent} 100`);
  card.querySelector("[data-percent]").textContent = percent;
  card.querySelector("[data-bar]").value = percent;
  status.textContent = "Processing";
  status.className = "badge badge-info";
  if (job.progressMessage && message.textContent !== job.progressMessage)
    message.textContent = job.progressMessage;
};

const clock = (card) => {
  const since = new Date(card.dataset.since).getTime();
  const s = Math.max(0, Math.floor((Date.now() - since) / 1000));
  if (Number.isNaN(since)) return;
  card.querySelector("[data-elapsed]").textContent =
    `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
};

const cards = () => [...main.querySelectorAll("[data-job]")];

// --- what came of it ---------------------------------------------------------------

let fetching = false;

const swap = async () => {
  if (fetching) return;
  fetching = true;
  try {
    const answer = await fetch(location.href.split("#")[0], { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = page.title;
    main.replaceChildren(...page.getElementById("main").childNodes);
    main.dispatchEvent(new CustomEvent("mirai:fresh", { bubbles: true }));
    if (said && cards().length === 0) said.textContent = "Done. The page is current.";
    watch();
  } catch {
    setTimeout(swap, 2000);
  } finally {
    fetching = false;
  }
  return undefined;
};

// --- asking --------------------------------------------------------------------------

const STATUS = /^GENERATION_JOB_STATUS_(\w+)$/;
let timer;

const ask = async (card) => {
  const answer = await fetch("/mirai.v1.AIGenerationService/GetJob", {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json", "connect-protocol-version": "1" },
    body: JSON.stringify({ jobId: card.dataset.job }),
  });
  if (answer.status === 401) return location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  const { job } = await answer.json();
  return take({ ...job, jobId: job.id, status: STATUS.exec(job.status)?.[1].toLowerCase() });
};

const take = (job) => {
  const card = cards().find((c) => c.dataset.job === job.jobId);
  if (!card) return;
  if (ENDED.includes(job.status)) swap();
  else show(card, job);
};

const round = async () => {
  if (!document.hidden)
    try {
      for (const card of cards()) await ask(card);
    } catch {
      // The network is away for a moment; the next round may find it.
    }
  again();
};

const again = () => {
  const all = cards();
  clearTimeout(timer);
  if (all.length === 0) return;
  timer = setTimeout(round, Math.min(...all.map((c) => ASK_MS[c.dataset.kind] ?? 2000)));
};

const watch = () => {
  cards().forEach(clock);
  again();
};

export const begin = () => {
  document.addEventListener("mirai:job", (event) => {
    take(event.detail);
    again();
  });
  document.addEventListener("visibilitychange", () => !document.hidden && round());
  setInterval(() => cards().forEach(clock), 1000);
  watch();
};
