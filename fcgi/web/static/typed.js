// What forms that make an account share: the rules of a new password, ticked off
// while one types, and the word that a connection failed.

const main = document.getElementById("main");

const RULES = {
  length: (s) => [...s].length >= 8,
  upper: (s) => /[A-Z]/.test(s),
  digit: (s) => /[0-9]/.test(s),
};

export const isStrong = (s) => Object.values(RULES).every((rule) => rule(s));

export const showRules = (typed) => {
  for (const item of main.querySelectorAll("[data-rule]")) {
    const met = RULES[item.dataset.rule](typed);
    item.classList.toggle("is-met", met);
    item.querySelector("use").setAttribute("href", `/static/icons.svg#${met ? "done" : "open"}`);
    let word = item.querySelector(".sr");
    if (!word) {
      word = document.createElement("span");
      word.className = "sr";
      item.append(word);
    }
    word.textContent = met ? " (met)" : " (not met yet)";
  }
};

export const LOST = "The connection failed. What you typed is still here: try again.";

export const showFailure = (form, said) => {
  main.querySelector("[data-failure]")?.remove();
  const box = document.createElement("div");
  const text = document.createElement("p");
  box.className = "banner banner-error";
  box.dataset.failure = "";
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  text.textContent = said;
  box.append(text);
  form.before(box);
  box.focus();
};
