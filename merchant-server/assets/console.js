// The console works without this file. It adds a live countdown, questions before what cannot be
// undone, a guard for unsaved forms, copy buttons and a queue that refreshes while it is untouched.
"use strict";

// The server's clock is believed, not the computer's: an old desk PC may be minutes off.
const skew = Number(document.body.dataset.now) - Date.now();
const serverNow = () => Date.now() + (Number.isFinite(skew) ? skew : 0);

const two = (n) => String(n).padStart(2, "0");

function liveText(left) {
  const late = left < 0;
  const seconds = Math.floor(Math.abs(left) / 1000);
  // Beyond a day the server's count of working days says it better than hours would.
  if (seconds >= 86400) return "";
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${late ? "超 " : ""}${two(hours)}:${two(minutes)}:${two(seconds % 60)}`;
}

function tick() {
  const now = serverNow();
  for (const el of document.querySelectorAll("[data-due]")) {
    const left = Number(el.dataset.due) - now;
    const text = liveText(left);
    if (el.textContent !== text) el.textContent = text;
    el.classList.toggle("late", left < 0);
  }
}

// One dialog serves every form that carries a question. Resolves to whether it was confirmed.
function ask(question) {
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  dialog.setAttribute("aria-labelledby", "ask-text");
  const text = document.createElement("p");
  text.id = "ask-text";
  text.textContent = question;
  const form = document.createElement("form");
  form.setAttribute("method", "dialog");
  for (const [value, label, look] of [["no", "再想想", "btn"], ["yes", "确定", "btn btn-main"]]) {
    const button = document.createElement("button");
    button.value = value;
    button.textContent = label;
    button.className = look;
    form.append(button);
  }
  dialog.append(text, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}

const dirty = new Set();
let touched = false;

function watchForms() {
  document.addEventListener("input", (event) => {
    touched = true;
    const form = event.target.closest("form[data-guard]");
    if (form) dirty.add(form);
  });
  window.addEventListener("beforeunload", (event) => {
    if (dirty.size > 0) event.preventDefault();
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    // Not form.method: several forms have a field of that name, which hides the property.
    const method = form.getAttribute("method");
    if (method === "dialog") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (form.dataset.confirm && !form.dataset.confirmed) {
      event.preventDefault();
      if (!(await ask(form.dataset.confirm))) return;
      form.dataset.confirmed = "yes";
      form.requestSubmit();
      return;
    }
    // Other half-written forms still ask before they are lost; this one is on its way.
    dirty.delete(form);
    if (method === "post") form.dataset.sent = "yes";
  });
  // Coming back with the browser's back button must not find dead forms.
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) {
      delete form.dataset.sent;
      delete form.dataset.confirmed;
    }
  });
}

function watchCopies() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "已复制";
    } catch {
      button.textContent = "请手动复制";
    }
    setTimeout(() => { button.textContent = label; }, 1600);
  });
}

// Replaces the queue only while nobody types, selects or tabs through it.
function watchQueue() {
  const live = document.getElementById("live");
  if (!live) return;
  const seconds = Number(live.dataset.refresh) || 30;
  setInterval(async () => {
    const here = document.getElementById("live");
    if (touched || document.hidden || here.contains(document.activeElement)) return;
    if (String(document.getSelection())) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("live");
      if (!fresh || touched || here.contains(document.activeElement)) return;
      here.replaceWith(fresh);
      tick();
    } catch {
      // Offline or signed out: the page stays as it is and the next click tells.
    }
  }, seconds * 1000);
}

tick();
setInterval(tick, 1000);
watchForms();
watchCopies();
watchQueue();
