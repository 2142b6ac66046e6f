/* The telephone page without reloading: asks once a second what has changed, and renews only
   that. What you are typing and where your focus is stay as they are. Without this file the
   same page works with plain forms. */
"use strict";

(() => {
  const SECOND = 1000;
  const address = "/telefoon/toestellen";
  const warning = document.getElementById("no-answer");
  let timer = 0;

  const toEnd = (list) => {
    list.scrollTop = list.scrollHeight;
  };

  /* Lists of words grow at the end only, so that a screen reader reads the new ones alone. */
  const grow = (list, fresh) => {
    const old = [...list.children];
    const next = [...fresh.children];
    const same = old.every((item, at) => next[at] && item.isEqualNode(next[at]));
    if (!same) {
      list.replaceChildren(...next);
    } else if (next.length > old.length) {
      list.append(...next.slice(old.length));
    } else {
      return;
    }
    toEnd(list);
  };

  const renew = (part, fresh) => {
    if (part.innerHTML === fresh.innerHTML) {
      return;
    }
    const held = part.contains(document.activeElement) ? document.activeElement : null;
    part.innerHTML = fresh.innerHTML;
    if (!held) {
      return;
    }
    const again = [...part.querySelectorAll("button")].find((one) => one.value === held.value);
    (again || part.querySelector("button") || document.activeElement).focus();
  };

  const take = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const fresh of page.querySelectorAll("[data-phone]")) {
      const phone = document.getElementById(fresh.id);
      if (phone && phone.className !== fresh.className) {
        phone.className = fresh.className;
      }
    }
    for (const fresh of page.querySelectorAll("[data-live]")) {
      const part = document.getElementById(fresh.id);
      if (!part) {
        continue;
      }
      if (fresh.hidden !== part.hidden) {
        part.hidden = fresh.hidden;
        const name = document.getElementById(part.getAttribute("aria-labelledby") || "");
        if (name) {
          name.hidden = fresh.hidden;
        }
      }
      if ("grows" in fresh.dataset) {
        grow(part, fresh);
      } else {
        renew(part, fresh);
      }
    }
  };

  const look = async () => {
    window.clearTimeout(timer);
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(address, { headers: { Accept: "text/html" } });
        if (!answer.ok) {
          throw new Error(String(answer.status));
        }
        take(await answer.text());
        warning.hidden = true;
      } catch {
        warning.hidden = false;
      }
    }
    window.clearTimeout(timer);
    timer = window.setTimeout(look, SECOND);
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.id !== "act" && !("text" in form.dataset)) {
      return;
    }
    event.preventDefault();
    const filled = new FormData(form, event.submitter);
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(filled),
        headers: { Accept: "text/html" },
        redirect: "manual",
      });
      if (answer.type !== "opaqueredirect") {
        throw new Error(String(answer.status));
      }
      if ("text" in form.dataset) {
        form.reset();
      }
    } catch {
      warning.hidden = false;
      return;
    }
    look();
  });

  document.addEventListener("visibilitychange", look);
  document.querySelectorAll(".thread, .captions").forEach(toEnd);
  look();
})();
